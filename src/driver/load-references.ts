import { damaged, hex } from '../qcow2/damage.ts';
import type { ImageSource } from '../qcow2/image-source.ts';
import { COPIED, HAS_OFFSET, type L2Table } from './l2-table.ts';
import type { LoadedMetadata } from './load-metadata.ts';
import type { MetadataExtents } from './load-metadata-extents.ts';
import type { Refcounts } from './refcounts.ts';

const chunkBits = 12;
const chunkSize = 1 << chunkBits;

/**
 * Counts what refers to each cluster and refuses an image in which a cluster has more references than its refcount says, or
 * is taken for a table's or an entry's own although it is shared: QEMU would hand such clusters out again or write to them,
 * and a prediction would be of that damage. Clusters that are counted but that nothing refers to (leaks, bitmaps) are left.
 * @returns references of each cluster
 * @throws ImageFormatError naming the cluster and the last of its references
 * @source QEMU block/qcow2-refcount.c, qcow2_check_refcounts and check_oflag_copied (7.2.0)
 */
export function checkReferences(
  source: ImageSource,
  metadata: LoadedMetadata,
  extents: MetadataExtents,
): (cluster: number) => number {
  const { clusterBytes, externalData } = metadata.header;
  const counter = new ReferenceCounter(source, metadata.refcounts, clusterBytes);
  const users = usersOfTables(metadata);
  extents.visit((offset, lengthBytes, kind) => {
    const times = kind === 'L2 table' ? (users.get(offset) as number) : 1;
    const describe = (): string => `the ${kind} at ${hex(offset)}`;
    for (let at = offset; at < offset + lengthBytes; at += clusterBytes)
      counter.add(at / clusterBytes, times, describe);
  });
  if (!externalData) {
    for (const [offset, table] of metadata.l2Tables) counter.addTable(table, users.get(offset) as number);
  }
  checkCopied(source, metadata, clusterBytes);
  return (cluster) => counter.get(cluster);
}

/** How many L1 tables name each L2 table. */
function usersOfTables(metadata: LoadedMetadata): Map<number, number> {
  const users = new Map<number, number>();
  for (const { offsets } of [metadata.active, ...metadata.snapshots]) {
    for (const offset of offsets) if (offset !== 0) users.set(offset, (users.get(offset) ?? 0) + 1);
  }
  return users;
}

/** COPIED says that a cluster may be written in place; the active tables must not say it of a shared one. */
function checkCopied(source: ImageSource, metadata: LoadedMetadata, clusterBytes: number): void {
  const { active, refcounts, l2Tables, header } = metadata;
  for (let index = 0; index < active.offsets.length; index++) {
    const offset = active.offsets[index] as number;
    if (offset === 0) continue;
    const refcount = refcounts.get(offset / clusterBytes);
    if (active.copied[index] === 1 && refcount !== 1) {
      throw damaged(
        source,
        `${active.name}, entry ${index}: the L2 table at ${hex(offset)} is marked as used once, but its refcount is ${refcount}`,
      );
    }
    if (!header.externalData) checkCopiedEntries(source, l2Tables.get(offset) as L2Table, refcounts, clusterBytes);
  }
}

function checkCopiedEntries(source: ImageSource, table: L2Table, refcounts: Refcounts, clusterBytes: number): void {
  const both = HAS_OFFSET | COPIED;
  const count = table.isLinear ? table.linearCount : table.entryCount;
  for (let index = 0; index < count; index++) {
    if (!table.isLinear && ((table.flags[index] as number) & both) !== both) continue;
    const cluster = table.isLinear ? table.linearBase + index : (table.clusters[index] as number);
    const refcount = refcounts.get(cluster);
    if (refcount !== 1) {
      throw damaged(
        source,
        `the L2 table at ${hex(table.offsetBytes)}, entry ${index}: the cluster at ${hex(cluster * clusterBytes)} is marked as used once, but its refcount is ${refcount}`,
      );
    }
  }
}

/** References by cluster. Memory only where refcounts are above 0, so that it follows the refcount blocks in the file. */
class ReferenceCounter {
  readonly #source: ImageSource;
  readonly #refcounts: Refcounts;
  readonly #clusterBytes: number;
  readonly #chunks = new Map<number, Uint16Array>();

  constructor(source: ImageSource, refcounts: Refcounts, clusterBytes: number) {
    this.#source = source;
    this.#refcounts = refcounts;
    this.#clusterBytes = clusterBytes;
  }

  get(cluster: number): number {
    return this.#chunks.get(Math.floor(cluster / chunkSize))?.[cluster % chunkSize] ?? 0;
  }

  add(cluster: number, times: number, describe: () => string): void {
    const refcount = this.#refcounts.get(cluster);
    const references = this.get(cluster) + times;
    if (references > refcount) {
      const place = `cluster ${cluster} at ${hex(cluster * this.#clusterBytes)}`;
      throw damaged(
        this.#source,
        `${describe()} refers to ${place}: references so far ${references}, refcount ${refcount}`,
      );
    }
    const index = Math.floor(cluster / chunkSize);
    let chunk = this.#chunks.get(index);
    if (chunk === undefined) {
      chunk = new Uint16Array(chunkSize);
      this.#chunks.set(index, chunk);
    }
    chunk[cluster % chunkSize] = references;
  }

  addTable(table: L2Table, times: number): void {
    let index = 0;
    const describe = (): string => `the L2 table at ${hex(table.offsetBytes)}, entry ${index}`;
    if (table.isLinear) {
      for (; index < table.linearCount; index++) this.add(table.linearBase + index, times, describe);
      return;
    }
    for (; index < table.entryCount; index++) {
      const flags = table.flags[index] as number;
      if ((flags & HAS_OFFSET) !== 0) this.add(table.clusters[index] as number, times, describe);
    }
    if (table.compressed === undefined) return;
    for (const [entry, { offsetBytes, lengthBytes }] of table.compressed) {
      index = entry;
      const last = Math.floor((offsetBytes + lengthBytes - 1) / this.#clusterBytes);
      for (let cluster = Math.floor(offsetBytes / this.#clusterBytes); cluster <= last; cluster++) {
        this.add(cluster, times, describe);
      }
    }
  }
}
