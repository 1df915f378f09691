import { allocateClusters, DISCARD_OTHER, freeClusters } from './allocator.ts';
import { FOR_HEADER, FOR_L1 } from './host-io.ts';
import { COMPRESSED, COPIED, HAS_OFFSET, L2Table, ZERO } from './l2-table.ts';
import type { Qcow2Node } from './node.ts';
import { CHECK_ACTIVE_L1, checkOverlap } from './overlap-check.ts';

/** What a subcluster (a cluster where there are none) holds. */
export const UNALLOCATED_PLAIN = 0;
/** The cluster has a place, this subcluster no data in it. */
export const UNALLOCATED_ALLOC = 1;
export const ZERO_PLAIN = 2;
/** Reads as zeroes and has a place. */
export const ZERO_ALLOC = 3;
export const NORMAL = 4;
export const IS_COMPRESSED = 5;

const l1EntryBytes = 8;
const headerL1FieldsOffset = 36;
const headerL1FieldsBytes = 12;
/** QEMU maps at most 2^31−1 bytes at once. */
const maximumMapBytes = 0x7fff_ffff;

/** The answer of {@link map}, kept in one place so that a lookup allocates nothing. */
export interface Mapping {
  type: number;
  /** Where the first byte lies in the data file; for compressed data the entry's index in the table. */
  hostOffset: number;
  /** Bytes from the guest offset on that are of this type and lie together. */
  length: number;
  table: L2Table | undefined;
}

export const mapping: Mapping = { type: UNALLOCATED_PLAIN, hostOffset: 0, length: 0, table: undefined };

/** Flags of an entry, whatever form the table is in. */
export function entryFlags(table: L2Table, index: number): number {
  if (table.linearBase >= 0) return index < table.linearCount ? HAS_OFFSET | COPIED : 0;
  return table.flags[index] as number;
}

/** Host cluster of an entry that has one. */
export function entryCluster(table: L2Table, index: number): number {
  return table.linearBase >= 0 ? table.linearBase + index : (table.clusters[index] as number);
}

/** Bit map of the allocated subclusters. */
export function allocatedBits(table: L2Table, index: number): number {
  if (table.linearBase >= 0) return index < table.linearCount ? table.linearAllocated : 0;
  return table.allocated[index] as number;
}

function zeroBits(table: L2Table, index: number): number {
  return table.linearBase >= 0 ? 0 : (table.zeroes[index] as number);
}

/** The type of one subcluster. */
export function subclusterType(table: L2Table, index: number, subcluster: number): number {
  const flags = entryFlags(table, index);
  if ((flags & COMPRESSED) !== 0) return IS_COMPRESSED;
  if (table.extended) {
    const bit = 1 << subcluster;
    const isZero = (zeroBits(table, index) & bit) !== 0;
    if ((flags & HAS_OFFSET) === 0) return isZero ? ZERO_PLAIN : UNALLOCATED_PLAIN;
    if (isZero) return ZERO_ALLOC;
    return (allocatedBits(table, index) & bit) !== 0 ? NORMAL : UNALLOCATED_ALLOC;
  }
  if ((flags & ZERO) !== 0)
    return (flags & HAS_OFFSET) !== 0 && entryCluster(table, index) !== 0 ? ZERO_ALLOC : ZERO_PLAIN;
  return (flags & HAS_OFFSET) !== 0 ? NORMAL : UNALLOCATED_PLAIN;
}

/** How many subclusters from this one to the end of the cluster are of its type. */
export function subclusterRun(table: L2Table, index: number, subcluster: number): number {
  const flags = entryFlags(table, index);
  if (!table.extended) return 1;
  if ((flags & COMPRESSED) !== 0) return 32 - subcluster;
  const zeroes = zeroBits(table, index);
  const allocated = allocatedBits(table, index);
  const bit = 1 << subcluster;
  let same: number;
  if ((zeroes & bit) !== 0) same = zeroes;
  else if ((allocated & bit) !== 0) same = allocated;
  else same = ~(zeroes | allocated);
  const other = ~(same >>> subcluster);
  const run = other === 0 ? 32 : 31 - Math.clz32(other & -other);
  return Math.min(run, 32 - subcluster);
}

/** Whether writing to the cluster needs a new one: it has none, or shares it. */
export function needsAllocation(table: L2Table, index: number): boolean {
  const flags = entryFlags(table, index);
  if ((flags & COMPRESSED) !== 0) return true;
  if ((flags & HAS_OFFSET) === 0) return true;
  if ((flags & ZERO) !== 0 && entryCluster(table, index) === 0) return true;
  return (flags & COPIED) === 0;
}

/**
 * Finds what the guest's bytes from `offset` on are mapped to, at most `length` of them and none beyond the L2 slice;
 * the answer is in {@link mapping}.
 * @source QEMU block/qcow2-cluster.c, qcow2_get_host_offset
 */
export function map(node: Qcow2Node, offset: number, length: number): void {
  const { clusterBytes } = node;
  const cluster = Math.floor(offset * node.clustersPerByte);
  const inCluster = offset - cluster * clusterBytes;
  const index = cluster & (node.l2EntriesPerTable - 1);
  const available = (node.entriesPerSlice - (index & (node.entriesPerSlice - 1))) * clusterBytes;
  const needed = Math.min(Math.min(length, maximumMapBytes) + inCluster, available);
  const table = node.tables[Math.floor(cluster * node.tablesPerCluster)];
  mapping.table = table;
  mapping.hostOffset = 0;
  if (table === undefined) {
    mapping.type = UNALLOCATED_PLAIN;
    mapping.length = needed - inCluster;
    return;
  }
  node.l2Cache.get(sliceOffset(node, table, index), true);
  const subcluster = table.extended ? Math.floor(inCluster / node.subclusterBytes) : 0;
  const type = subclusterType(table, index, subcluster);
  mapping.type = type;
  if (type === IS_COMPRESSED) mapping.hostOffset = index;
  else if (type !== UNALLOCATED_PLAIN && type !== ZERO_PLAIN) {
    mapping.hostOffset = entryCluster(table, index) * clusterBytes + inCluster;
  }
  let bytes: number;
  if (needed <= (subcluster + 1) * node.subclusterBytes) {
    bytes = needed;
  } else {
    const clusters = Math.ceil(needed / clusterBytes);
    bytes = (countContiguous(node, table, index, subcluster, clusters) + subcluster) * node.subclusterBytes;
    if (bytes > needed) bytes = needed;
  }
  mapping.length = bytes - inCluster;
}

/** Subclusters of one type, from one on, that lie together in the file; compressed clusters are counted one by one. */
function countContiguous(node: Qcow2Node, table: L2Table, first: number, subcluster: number, clusters: number): number {
  const type = subclusterType(table, first, subcluster);
  const per = node.subclustersPerCluster;
  if (type === IS_COMPRESSED) return per - subcluster;
  const placed = type === NORMAL || type === ZERO_ALLOC || type === UNALLOCATED_ALLOC;
  const base = placed ? entryCluster(table, first) : 0;
  let count = 0;
  for (let step = 0; step < clusters; step++) {
    const from = step === 0 ? subcluster : 0;
    if (step > 0) {
      if (subclusterType(table, first + step, 0) !== type) break;
      if (placed && entryCluster(table, first + step) !== base + step) break;
    }
    const run = subclusterRun(table, first + step, from);
    count += run;
    if (from + run < per) break;
  }
  return count;
}

/** Where {@link openSlice} found the entry: the table, its index there and the slice's slot in the cache. */
export interface OpenSlice {
  table: L2Table;
  index: number;
  slot: number;
}

/**
 * Brings the slice that maps a guest offset into the cache, for a change. The table is allocated where there is none, and
 * copied where a snapshot shares it.
 * @source QEMU block/qcow2-cluster.c, get_cluster_table
 */
export function openSlice(node: Qcow2Node, offset: number, into: OpenSlice): void {
  const { image } = node;
  const cluster = Math.floor(offset * node.clustersPerByte);
  const l1Index = Math.floor(cluster * node.tablesPerCluster);
  if (l1Index >= image.l1.length) growL1(node, l1Index + 1, false);
  if (image.l1Copied[l1Index] === 0) {
    const old = image.l1[l1Index] as number;
    allocateTable(node, l1Index);
    if (old !== 0) freeClusters(node, old, node.clusterBytes, DISCARD_OTHER);
  }
  const table = node.tables[l1Index] as L2Table;
  const index = cluster & (node.l2EntriesPerTable - 1);
  into.table = table;
  into.index = index;
  into.slot = node.l2Cache.get(sliceOffset(node, table, index), true);
}

/** Looks the slice of a guest offset up in the cache. @returns its slot; −1 where there is no table */
export function lookUp(node: Qcow2Node, offset: number): number {
  const cluster = Math.floor(offset * node.clustersPerByte);
  const table = node.tables[Math.floor(cluster * node.tablesPerCluster)];
  if (table === undefined) return -1;
  return node.l2Cache.get(sliceOffset(node, table, cluster & (node.l2EntriesPerTable - 1)), true);
}

/** Where the slice that holds an entry lies in the image file. */
function sliceOffset(node: Qcow2Node, table: L2Table, index: number): number {
  return table.offsetBytes + (index & -node.entriesPerSlice) * node.l2BytesPerEntry;
}

/** A new L2 table, empty or a copy of the one that is shared. @source QEMU block/qcow2-cluster.c, l2_allocate */
function allocateTable(node: Qcow2Node, l1Index: number): void {
  const { image, l2Cache } = node;
  const { l2EntryBytes } = node.options;
  const old = node.tables[l1Index];
  const offset = allocateClusters(node, 1) * node.clusterBytes;
  node.refcountCache.flush();
  // Entries beyond the end of the disk are never used.
  const rest = Math.ceil(image.virtualBytes / node.clusterBytes) - l1Index * node.l2EntriesPerTable;
  const entries = Math.min(node.l2EntriesPerTable, Math.max(1, rest));
  const table = old === undefined ? new L2Table(offset, entries, image.extendedL2) : old.clone();
  table.offsetBytes = offset;
  for (let slice = 0; slice < node.slicesPerTable; slice++) {
    const at = offset + slice * l2EntryBytes;
    let slot = l2Cache.get(at, false);
    if (old !== undefined) {
      l2Cache.get(old.offsetBytes + slice * l2EntryBytes, true);
      l2Cache.touch(at);
      slot = l2Cache.find(at);
    }
    l2Cache.markDirty(slot);
  }
  l2Cache.flush();
  image.l2Tables.set(offset, table);
  node.tables[l1Index] = table;
  image.l1[l1Index] = offset;
  image.l1Copied[l1Index] = 1;
  writeL1Entry(node, l1Index);
}

/** Writes one entry, or the whole aligned block that holds it so that the file node need not read it first. */
function writeL1Entry(node: Qcow2Node, l1Index: number): void {
  const bytes = Math.max(l1EntryBytes, Math.min(node.file.requestAlignment, node.clusterBytes));
  const entries = bytes / l1EntryBytes;
  checkOverlap(node, CHECK_ACTIVE_L1, bytes);
  node.file.write(node.image.l1OffsetBytes + Math.floor(l1Index / entries) * entries * l1EntryBytes, bytes, FOR_L1);
  node.file.flush();
}

/** A longer L1 table in a new place. @source QEMU block/qcow2-cluster.c, qcow2_grow_l1_table */
export function growL1(node: Qcow2Node, minimum: number, exact: boolean): void {
  const { image, clusterBytes } = node;
  if (minimum <= image.l1.length) return;
  let size = minimum;
  if (!exact) {
    size = Math.max(1, image.l1.length);
    while (size < minimum) size = Math.ceil((size * 3) / 2);
  }
  const l1 = new Float64Array(size);
  const copied = new Uint8Array(size);
  l1.set(image.l1);
  copied.set(image.l1Copied);
  const offset = allocateClusters(node, Math.ceil((size * l1EntryBytes) / clusterBytes)) * clusterBytes;
  node.refcountCache.flush();
  checkOverlap(node, 0, size * l1EntryBytes);
  node.file.write(offset, size * l1EntryBytes, FOR_L1);
  node.file.flush();
  node.file.write(headerL1FieldsOffset, headerL1FieldsBytes, FOR_HEADER);
  node.file.flush();
  const oldOffset = image.l1OffsetBytes;
  const oldBytes = image.l1.length * l1EntryBytes;
  image.l1 = l1;
  image.l1Copied = copied;
  image.l1OffsetBytes = offset;
  while (node.tables.length < size) node.tables.push(undefined);
  freeClusters(node, oldOffset, oldBytes, DISCARD_OTHER);
}
