import type { JsonValue } from '../../settings/blockdev.ts';
import { Random } from '../../workload/random.ts';
import type { Bench, IoMode } from './bench.ts';
import { CommandList } from './command-list.ts';
import { qcow2Node, qcow2WithoutDevice, rawNullNode } from './nodes.ts';
import type { Samples } from './samples.ts';

const kib = 1024;
const mib = 1024 * kib;
const gib = 1024 * mib;
const tib = 1024 * gib;
const clusterBytes = 64 * kib;
/** What one L2 table and one cache entry of 4 KiB map at clusters of 64 KiB. */
const tableCoverage = 512 * mib;
export const entryCoverage = 32 * mib;

/** The processor's work is the same whatever the storage does: files in the page cache are the quietest. */
const quiet: IoMode = { cache: 'buffered', aio: 'threads' };

export const nullSizes = [4 * kib, 64 * kib, mib] as const;
/** Reads that the driver answers with zeroes. */
export const zeroFilledSizes = [4 * kib, mib] as const;
/** Entries of 4 KiB in a small and a large L2 cache. */
export const smallCacheEntries = 16;
export const walkedCacheEntries = 1024;
export const flushedCacheEntries = 16_384;
/** A disk with as many L1 entries, which the overlap check walks. */
export const longL1Entries = 16_384;
/** Clusters that the search for a free one passes. */
export const scannedClusters = (16 * gib) / clusterBytes;

const emptyName = 'empty.qcow2';
const mappedName = 'mapped.qcow2';
export const walkedName = 'walked.qcow2';
const withoutDeviceName = 'without-device.qcow2';
const longName = 'long.qcow2';

const emptyBytes = 600 * gib;
const mappedBytes = 16 * gib;
export const walkedBytes = 64 * gib;

/** Makes the images that all rounds share. */
export async function prepareDriver(bench: Bench): Promise<void> {
  await bench.create(emptyName, 'qcow2', emptyBytes);
  await bench.create(mappedName, 'qcow2', mappedBytes, 'preallocation=metadata');
  await bench.create(walkedName, 'qcow2', walkedBytes, 'preallocation=metadata');
  await bench.create(longName, 'qcow2', longL1Entries * tableCoverage);
  const data = 'data_file=without-device.raw,data_file_raw=on,preallocation=metadata';
  await bench.create(withoutDeviceName, 'qcow2', mappedBytes, data);
}

/** One round of the driver's own work. */
export async function measureDriver(bench: Bench, round: number, samples: Samples): Promise<void> {
  const random = new Random(round, 5);
  const run = (node: JsonValue, add: (list: CommandList) => void): Promise<void> => {
    const list = new CommandList();
    add(list);
    return bench.measure(node, 'buffered', list, samples);
  };
  await run(rawNullNode(tib), (list) => {
    for (const bytes of nullSizes) {
      for (let index = 0; index < 300; index++)
        list.read(index * bytes, bytes, index < 50 ? undefined : `nullRead:${bytes}`);
      for (let index = 0; index < 300; index++) {
        list.write(index * bytes, bytes, index < 50 ? undefined : `nullWrite:${bytes}`);
      }
    }
  });
  await run(qcow2WithoutDevice(withoutDeviceName, quiet, mappedBytes), (list) => {
    for (let offset = 0; offset < mappedBytes; offset += tableCoverage) list.read(offset, 4096);
    for (const kind of ['read', 'write'] as const) {
      for (let index = 0; index < 800; index++) {
        list[kind](random.below(mappedBytes / 4096) * 4096, 4096, index < 50 ? undefined : kind);
      }
    }
  });
  await run(qcow2Node(emptyName, quiet, smallCache), (list) => {
    for (const bytes of zeroFilledSizes) {
      for (let index = 0; index < 300; index++) list.read(index * bytes, bytes, `zeroFilled:${bytes}`);
    }
    // The first of either makes the L2 table.
    for (const kind of ['discard', 'zero'] as const) {
      for (let index = 0; index < 200; index++) {
        list[kind](clusterBytes, clusterBytes, index < 20 ? undefined : kind);
      }
    }
    addFlushes(list, 'flushSmall');
  });
  await run(qcow2Node(emptyName, quiet, l2Cache(flushedCacheEntries)), (list) => addFlushes(list, 'flushLarge'));
  for (const [entries, label] of [
    [smallCacheEntries, 'missSmall'],
    [walkedCacheEntries, 'missLarge'],
  ] as const) {
    await run(qcow2Node(walkedName, quiet, l2Cache(entries)), (list) => {
      // One read in every entry's range, round and round: with fewer entries than ranges every one misses.
      for (let pass = 0; pass < 2; pass++) {
        for (let offset = 0; offset < walkedBytes; offset += entryCoverage) {
          list.read(offset, 4096, pass === 0 ? undefined : label);
        }
      }
    });
  }
  for (const [check, label] of [
    ['none', 'overlapNone'],
    ['cached', 'overlapLong'],
  ] as const) {
    await run(qcow2Node(longName, quiet, { ...smallCache, 'overlap-check': check }), (list) => {
      list.write(0, clusterBytes);
      for (let index = 0; index < 300; index++) list.write(4096 * (index % 16), 4096, label);
    });
  }
  await run(qcow2Node(mappedName, quiet), (list) => {
    const last = mappedBytes - clusterBytes;
    // Given back and allocated again: the search begins at the first cluster of the image and ends at this one.
    list.discard(last, clusterBytes);
    list.write(last, clusterBytes, 'scan');
  });
}

function addFlushes(list: CommandList, label: string): void {
  for (let index = 0; index < 120; index++) list.sync(index < 20 ? undefined : label);
}

/** Runtime options of an L2 cache with so many entries of 4 KiB. */
export function l2Cache(entries: number): Readonly<Record<string, JsonValue>> {
  return { 'l2-cache-size': entries * 4096, 'l2-cache-entry-size': 4096 };
}

const smallCache = l2Cache(smallCacheEntries);
