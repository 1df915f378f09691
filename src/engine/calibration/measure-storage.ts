import type { JsonValue } from '../../settings/blockdev.ts';
import { Random } from '../../workload/random.ts';
import { ShuffledRange } from '../../workload/shuffled-range.ts';
import type { Bench, IoMode } from './bench.ts';
import { CommandList } from './command-list.ts';
import { entryCoverage, l2Cache, smallCacheEntries, walkedBytes, walkedName } from './measure-driver.ts';
import { qcow2Node, rawNode } from './nodes.ts';
import type { Samples } from './samples.ts';
import * as plan from './storage-plan.ts';

/** Guests' disks in the images that grow: one L2 table covers what is written. */
const growingBytes = 2 ** 32;

/** Makes the files that all rounds of a cache family share. */
export async function prepareStorage(bench: Bench, mode: IoMode): Promise<void> {
  const length = plan.writtenBytes[mode.cache];
  const name = writtenName(mode);
  await bench.create(name, 'raw', length);
  const fill = new CommandList();
  const piece = plan.fillBytes[mode.cache];
  for (let offset = 0; offset < length; offset += piece) fill.write(offset, piece);
  await bench.prepare(name, rawNode(name, { cache: 'buffered', aio: 'threads' }), fill);
  if (mode.cache === 'direct') await prepareScattered(bench);
}

/** One round of one mode: a location per label into the samples. */
export async function measureStorage(bench: Bench, mode: IoMode, round: number, samples: Samples): Promise<void> {
  samples.beginRound();
  const growing = growingImages(round);
  await bench.create(holesName, 'raw', plan.holeFileBytes);
  for (const { name, clusterBytes } of growing) {
    await bench.create(name, 'qcow2', growingBytes, `cluster_size=${clusterBytes}`);
  }
  // A file system that discards what was freed does so behind the back of those who freed it.
  await bench.settle(holesName);
  const measure = (node: JsonValue, add: (list: CommandList) => void): Promise<void> => {
    const list = new CommandList();
    add(list);
    return bench.measure(node, mode.cache, list, samples);
  };
  await measure(rawNode(writtenName(mode), mode), (list) => addInPlace(list, mode, round));
  if (mode.cache === 'direct') await measure(qcow2Node(scatteredName, mode), (list) => addScattered(list, round));
  await measure(qcow2Node(walkedName, mode, l2Cache(smallCacheEntries)), (list) => addMisses(list, round));
  if (mode.cache === 'buffered') await bench.readyMemory(plan.readyMemoryBytes);
  for (const { name, add } of growing) await measure(qcow2Node(name, mode), add);
  await measure(rawNode(holesName, mode), (list) => addHoles(list, round));
}

const holesName = 'holes.raw';
const scatteredName = 'scattered.qcow2';

/** Modes past the page cache share a file and so do the others: a mix would take pages out of the cache. */
function writtenName(mode: IoMode): string {
  return `written-${mode.cache}.raw`;
}

function addInPlace(list: CommandList, mode: IoMode, round: number): void {
  const length = plan.writtenBytes[mode.cache];
  const piece = plan.fillBytes[mode.cache];
  const random = new Random(round, 1);
  const near = random.below(length / plan.nearBytes) * plan.nearBytes;
  // Written anew, as images are that were made for a trial: layers beneath a virtual disk answer faster for what they have just taken.
  for (let offset = 0; offset < length; offset += piece) list.write(offset, piece);
  list.sync();
  const place = (from: number, span: number, bytes: number): number => from + random.below(span / bytes) * bytes;
  for (const kind of ['read', 'write'] as const) {
    for (let index = 0; index < plan.warmUpCount; index++) list[kind](place(0, length, 4096), 4096);
    for (const [bytes, count] of plan.inPlaceSizes) {
      for (let index = 0; index < count; index++) list[kind](place(0, length, bytes), bytes, `${kind}Far:${bytes}`);
    }
    for (let offset = 0; offset < plan.nearBytes; offset += plan.storageLocality.regionBytes) {
      list[kind](near + offset, 4096);
    }
    for (const [bytes, count] of plan.nearSizes) {
      for (let index = 0; index < count; index++) {
        list[kind](place(near, plan.nearBytes, bytes), bytes, `${kind}Near:${bytes}`);
      }
    }
  }
  list.sync();
  for (const [writes, count] of plan.syncCounts) {
    for (let index = 0; index < count; index++) {
      for (let write = 0; write < writes; write++) list.write(place(0, length, 4096), 4096);
      list.sync(`sync:${writes}`);
    }
  }
  for (let index = 0; index < 4; index++) {
    list.write(place(0, length, plan.syncedBytes), plan.syncedBytes);
    list.sync('syncBytes');
  }
}

/** A file of holes, each of its slots used once and in random order. */
function addHoles(list: CommandList, round: number): void {
  const slots = new ShuffledRange(plan.holeFileBytes / plan.slotBytes, new Random(round, 2));
  let used = 0;
  const slot = (): number => slots.at(used++) * plan.slotBytes;

  addWarmUp(list, slot());
  for (const [bytes, count] of plan.holeSizes) {
    for (let index = 0; index < count; index++) list.read(slot(), bytes, `readHole:${bytes}`);
  }
  for (const [writes, count] of plan.syncCounts) {
    for (let index = 0; index < count; index++) {
      for (let write = 0; write < writes; write++) list.write(slot(), 4096);
      list.sync(`syncChanged:${writes}`);
    }
  }
  for (const [bytes, count] of plan.holeSizes) {
    for (let index = 0; index < count; index++) list.write(slot(), bytes, `writeHole:${bytes}`);
  }
  for (const [bytes, count] of plan.holeSizes) {
    const perSlot = plan.slotBytes / bytes;
    for (let done = 0, index = 0, start = 0; done < count; index++) {
      if (index % perSlot === 0) start = slot();
      // The first in a slot has nothing before it.
      const follows = index % perSlot > 0;
      list.write(start + (index % perSlot) * bytes, bytes, follows ? `writeHoleNext:${bytes}` : undefined);
      if (follows) done++;
    }
  }
  for (const [bytes, count] of plan.holeSizes) {
    const starts = Array.from({ length: count }, slot);
    for (const start of starts) list.zero(start, Math.max(65_536, bytes), `zeroHole:${Math.max(65_536, bytes)}`);
    for (const start of starts) list.write(start, bytes, `writeUnwritten:${bytes}`);
    for (const start of starts) list.zero(start, bytes, `zeroAllocated:${bytes}`);
  }
  for (const [bytes, count] of plan.discardedSizes) {
    const starts = Array.from({ length: count }, slot);
    for (const start of starts) list.write(start, bytes);
    list.sync();
    starts.forEach((start, index) => {
      list.discard(start, bytes, `discard:${bytes}`);
      if ((index + 1) % plan.discardRun === 0) list.sync(`syncDiscarded:${bytes}`);
    });
  }
}

interface GrowingImage {
  readonly name: string;
  readonly clusterBytes: number;
  add(list: CommandList): void;
}

/** Images that start empty: some grow by a part of a cluster at a time, which zeroes the rest, others by whole clusters. */
function growingImages(round: number): readonly GrowingImage[] {
  const zeroed = plan.zeroedClusters.map(([clusterBytes, count]) => ({
    name: `zeroed-${clusterBytes}.qcow2`,
    clusterBytes,
    add: (list: CommandList) => {
      addFirstAllocation(list, clusterBytes);
      // In random order on the disk; in the image they follow each other.
      const clusters = new ShuffledRange(512, new Random(round, clusterBytes));
      for (let index = 0; index < count; index++) {
        list.write((1 + clusters.at(index)) * clusterBytes + 8192, 4096, `allocateZeroed:${clusterBytes}`);
      }
    },
  }));
  const filled = plan.filledClusters.map(([clusterBytes, count]) => ({
    name: `filled-${clusterBytes}.qcow2`,
    clusterBytes,
    add: (list: CommandList) => {
      addFirstAllocation(list, clusterBytes);
      for (let index = 1; index <= count; index++) {
        list.write(index * clusterBytes, clusterBytes, `allocateFilled:${clusterBytes}`);
      }
    },
  }));
  return [...zeroed, ...filled];
}

/** The first write makes the L2 table and looks for free space. */
function addFirstAllocation(list: CommandList, clusterBytes: number): void {
  list.write(0, clusterBytes);
  list.sync();
  addWarmUp(list, 0);
}

/** A process is slow at first: its pages, its caches and those of the kernel fill with its first requests. */
function addWarmUp(list: CommandList, offset: number): void {
  for (let index = 0; index < plan.warmUpCount; index++) list.read(offset, 4096);
}

/** An image whose clusters of 4 KiB lie in random order, so that long reads split. */
async function prepareScattered(bench: Bench): Promise<void> {
  await bench.create(scatteredName, 'qcow2', plan.scatteredBytes, 'cluster_size=4096');
  const fill = new CommandList();
  const clusters = new ShuffledRange(plan.scatteredBytes / 4096, new Random(3));
  for (let index = 0; index < clusters.count; index++) fill.write(clusters.at(index) * 4096, 4096);
  await bench.prepare(scatteredName, qcow2Node(scatteredName, { cache: 'buffered', aio: 'threads' }), fill);
}

/** With few entries in the cache, the first read of each entry's range misses and the second hits. */
function addMisses(list: CommandList, round: number): void {
  const ranges = new ShuffledRange(walkedBytes / entryCoverage, new Random(round, 6));
  addWarmUp(list, 0);
  for (let index = 0; index < plan.missCount; index++) {
    const start = ranges.at(index) * entryCoverage;
    list.read(start, 4096, 'miss');
    list.read(start + 65_536, 4096, 'hitAfterMiss');
  }
}

function addScattered(list: CommandList, round: number): void {
  const random = new Random(round, 4);
  const bytes = plan.scatteredParts * 4096;
  // Brings the L2 tables into the cache, each of which maps 2 MiB.
  for (let offset = 0; offset < plan.scatteredBytes; offset += 2 ** 21) list.read(offset, 4096);
  for (let index = 0; index < 60; index++) {
    list.read(random.below(plan.scatteredBytes / bytes) * bytes, bytes, 'scattered');
  }
}
