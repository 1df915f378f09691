import { allocateBytes, allocateClusters, allocateClustersAt, DISCARD_NEVER, freeEntry } from './allocator.ts';
import { isZeroFast } from './block-status.ts';
import {
  allocatedBits,
  entryCluster,
  entryFlags,
  IS_COMPRESSED,
  NORMAL,
  needsAllocation,
  type OpenSlice,
  openSlice,
  subclusterRun,
  subclusterType,
  UNALLOCATED_PLAIN,
  ZERO_PLAIN,
} from './cluster-map.ts';
import { readGuest } from './guest-read.ts';
import { FOR_COPY_ON_WRITE, FOR_DATA, FOR_HEADER } from './host-io.ts';
import { ALL_SUBCLUSTERS, COMPRESSED, COPIED, HAS_OFFSET, L2Table } from './l2-table.ts';
import type { Qcow2Node } from './node.ts';
import { checkOverlap } from './overlap-check.ts';

/** A run of clusters that a request allocates or changes, and what must be copied around the guest's data. Bytes. */
interface Allocation {
  /** Guest offset of the first cluster, and where it lies in the data file. */
  guestOffset: number;
  hostOffset: number;
  clusters: number;
  /** The clusters were there before; only subclusters are added. */
  keepsClusters: boolean;
  /** Relative to the first cluster: what is copied before the guest's data and after it. */
  startOffset: number;
  startBytes: number;
  endOffset: number;
  endBytes: number;
  /** Zeroed in place, so that nothing needs to be copied. */
  copySkipped: boolean;
  /** The guest's data goes out in one write with what is copied. */
  carriesData: boolean;
  /** Only places are given, no data: preallocation. */
  placesOnly: boolean;
}

/** One part of a request: contiguous in the data file. */
interface Part {
  offset: number;
  hostOffset: number;
  length: number;
  /** Oldest first; the driver works from the newest. */
  readonly allocations: Allocation[];
  allocationCount: number;
}

/** Parts of one request that are in flight at once. */
const maximumParts = 8;
/** Up to this distance both sides of a copy are read in one request. */
const mergedReadBytes = 16_384;
const sectorBytes = 512;
const maximumRequestBytes = 0x7fff_ffff;
const maximumAllocationBytes = 0x7fff_fe00;
const noPlace = -1;

const parts: Part[] = Array.from({ length: maximumParts }, () => ({
  offset: 0,
  hostOffset: 0,
  length: 0,
  allocations: [],
  allocationCount: 0,
}));
const open: OpenSlice = { table: new L2Table(0, 0, false), index: 0, slot: 0 };

/**
 * Writes guest data. A request that cannot be placed as one is served in parts: their places are found and their data
 * is sent before the first of them is entered in its L2 table, unless finding a place has to wait for metadata. Parts that are
 * waited for together are entered newest first, the order in which QEMU's thread pool mostly completes them.
 * @source QEMU block/qcow2.c, qcow2_co_pwritev_part; util/thread-pool.c, thread_pool_completion_bh
 */
export function writeGuest(node: Qcow2Node, offset: number, length: number): void {
  let at = offset;
  let left = length;
  let pending = 0;
  while (left > 0) {
    node.counters.parts++;
    if (pending === maximumParts) pending = linkAll(node, pending);
    const part = parts[pending] as Part;
    const before = node.file.requestCount;
    place(node, part, at, Math.min(left, maximumRequestBytes));
    if (!node.image.externalData) checkOverlap(node, 0, part.length);
    const waited = node.file.requestCount !== before;
    send(node, part);
    at += part.length;
    left -= part.length;
    if (waited && pending > 0) {
      // The parts before this one ended while it waited, and queue for the metadata in their order.
      for (let index = 0; index < pending; index++) link(node, parts[index] as Part);
      const first = parts[0] as Part;
      parts[0] = part;
      parts[pending] = first;
      pending = 0;
    }
    pending++;
  }
  linkAll(node, pending);
}

/**
 * Enters the first `pending` parts, newest first; those that have to copy come after those whose data is all that was to
 * be written. @returns 0, as many as are pending then
 */
function linkAll(node: Qcow2Node, pending: number): number {
  let copying = 0;
  for (let index = pending - 1; index >= 0; index--) {
    const part = parts[index] as Part;
    if (pending > 1 && mustCopy(part)) copying++;
    else link(node, part);
  }
  for (let index = pending - 1; index >= 0 && copying > 0; index--) {
    const part = parts[index] as Part;
    if (mustCopy(part)) link(node, part);
  }
  return 0;
}

function mustCopy(part: Part): boolean {
  for (let index = 0; index < part.allocationCount; index++) {
    if (needsCopy(part.allocations[index] as Allocation)) return true;
  }
  return false;
}

function needsCopy(allocation: Allocation): boolean {
  return !allocation.copySkipped && (allocation.startBytes > 0 || allocation.endBytes > 0);
}

/** Gives every cluster of a range a place and enters it, without data: `preallocation=metadata`. @returns the end of the last place */
export function placeOnly(node: Qcow2Node, length: number): number {
  const part = parts[0] as Part;
  let at = 0;
  let end = 0;
  while (at < length) {
    const wanted = Math.min(length - at, Math.floor(maximumRequestBytes / node.clusterBytes) * node.clusterBytes);
    place(node, part, at, wanted);
    for (let index = 0; index < part.allocationCount; index++)
      (part.allocations[index] as Allocation).placesOnly = true;
    link(node, part);
    at += part.length;
    end = part.hostOffset + part.length;
  }
  return end;
}

/** Enters clusters that already have their place: `preallocation=falloc` and `full`. */
export function linkClusters(node: Qcow2Node, guestOffset: number, hostOffset: number, clusters: number): void {
  const part = parts[0] as Part;
  part.allocationCount = 0;
  const allocation = nextAllocation(part);
  allocation.guestOffset = guestOffset;
  allocation.hostOffset = hostOffset;
  allocation.clusters = clusters;
  allocation.keepsClusters = false;
  allocation.startOffset = 0;
  allocation.startBytes = 0;
  allocation.endOffset = clusters * node.clusterBytes;
  allocation.endBytes = 0;
  allocation.placesOnly = true;
  link(node, part);
}

/**
 * Writes one cluster as compressed data.
 * @param compressedBytes bytes of the data after compression, below the cluster size
 * @returns false where the cluster has a place already: QEMU refuses to overwrite with compressed data
 * @source QEMU block/qcow2-cluster.c, qcow2_alloc_compressed_cluster_offset
 */
export function writeCompressedCluster(node: Qcow2Node, offset: number, compressedBytes: number): boolean {
  openSlice(node, offset, open);
  const { table, index, slot } = open;
  if ((entryFlags(table, index) & (HAS_OFFSET | COMPRESSED)) !== 0) return false;
  const at = allocateBytes(node, compressedBytes);
  const sectors = Math.floor((at + compressedBytes - 1) / sectorBytes) - Math.floor(at / sectorBytes) + 1;
  node.l2Cache.markDirty(slot);
  table.materialize();
  table.flags[index] = COMPRESSED;
  table.clusters[index] = Math.floor(at / node.clusterBytes);
  if (table.extended) {
    table.allocated[index] = 0;
    table.zeroes[index] = 0;
  }
  table.compressed ??= new Map();
  table.compressed.set(index, { offsetBytes: at, lengthBytes: sectors * sectorBytes - (at % sectorBytes) });
  node.counters.allocatedClusters++;
  checkOverlap(node, 0, compressedBytes);
  node.dataFile.write(at, compressedBytes, FOR_DATA);
  return true;
}

/** @source QEMU block/qcow2-cluster.c, qcow2_alloc_host_offset */
function place(node: Qcow2Node, part: Part, offset: number, length: number): void {
  part.offset = offset;
  part.hostOffset = noPlace;
  part.allocationCount = 0;
  let at = offset;
  let left = length;
  let next = noPlace;
  while (left > 0) {
    let bytes = placeInCopied(node, part, at, left, next);
    if (bytes === noPlace) bytes = placeInNew(node, part, at, left, next);
    if (bytes === 0) break;
    const host = placed[0] as number;
    if (part.hostOffset === noPlace) part.hostOffset = host;
    next = host + bytes;
    at += bytes;
    left -= bytes;
  }
  part.length = length - left;
}

/** Where the last call of {@link placeInCopied} or {@link placeInNew} placed its first byte; in an array, as a number would be boxed. */
const placed = new Float64Array(1);

/**
 * Counts clusters that may be written in place.
 * @param wanted where they must lie to follow what was placed before, or {@link noPlace}
 * @returns bytes; 0 where they lie elsewhere; {@link noPlace} where the first cluster needs a new place
 */
function placeInCopied(node: Qcow2Node, part: Part, offset: number, length: number, wanted: number): number {
  openSlice(node, offset, open);
  const { table, index } = open;
  if (needsAllocation(table, index)) return noPlace;
  const inCluster = offset - Math.floor(offset * node.clustersPerByte) * node.clusterBytes;
  const cluster = entryCluster(table, index);
  if (wanted !== noPlace && cluster !== Math.floor(wanted * node.clustersPerByte)) return 0;
  const most = clustersInSlice(node, index, inCluster + length);
  let count = 1;
  while (
    count < most &&
    !needsAllocation(table, index + count) &&
    entryCluster(table, index + count) === cluster + count
  ) {
    count++;
  }
  const bytes = Math.min(length, count * node.clusterBytes - inCluster);
  describe(node, part, cluster * node.clusterBytes, offset, bytes, true);
  placed[0] = cluster * node.clusterBytes + inCluster;
  return bytes;
}

/** Takes new clusters. @returns bytes; 0 where none could be had at the wanted place */
function placeInNew(node: Qcow2Node, part: Part, offset: number, length: number, wanted: number): number {
  const { clusterBytes } = node;
  const guestCluster = Math.floor(offset * node.clustersPerByte);
  const inCluster = offset - guestCluster * clusterBytes;
  openSlice(node, offset, open);
  const { table, index, slot } = open;
  const most = clustersInSlice(node, index, inCluster + length);
  let count = 1;
  while (count < most && needsAllocation(table, index + count)) count++;
  let cluster: number;
  if (node.image.externalData) cluster = guestCluster;
  else if (wanted === noPlace) cluster = allocateClusters(node, count);
  else {
    cluster = Math.floor(wanted / clusterBytes);
    count = allocateClustersAt(node, cluster, count);
    if (count === 0) return 0;
  }
  open.table = table;
  open.index = index;
  open.slot = slot;
  const bytes = Math.min(length, count * clusterBytes - inCluster);
  describe(node, part, cluster * clusterBytes, offset, bytes, false);
  placed[0] = cluster * clusterBytes + inCluster;
  return bytes;
}

/** Clusters of a range that begins in the cluster of an entry, as far as one slice and one request go. */
function clustersInSlice(node: Qcow2Node, index: number, bytes: number): number {
  if (bytes <= node.clusterBytes) return 1;
  const wanted = Math.ceil(bytes * node.clustersPerByte);
  const rest = node.entriesPerSlice - (index & (node.entriesPerSlice - 1));
  return Math.min(wanted, rest, Math.floor(maximumAllocationBytes * node.clustersPerByte));
}

/** Notes what must be copied around the guest's data; nothing where all of it was there before. @source calculate_l2_meta */
function describe(node: Qcow2Node, part: Part, host: number, offset: number, length: number, keeps: boolean): void {
  const { clusterBytes, subclusterBytes } = node;
  const { table, index } = open;
  const from = offset - Math.floor(offset * node.clustersPerByte) * clusterBytes;
  const to = from + length;
  const clusters = Math.ceil(to * node.clustersPerByte);
  if (keeps && isAllNormal(node, table, index, from, to, clusters)) return;
  const allocation = nextAllocation(part);
  allocation.guestOffset = offset - from;
  allocation.hostOffset = host;
  allocation.clusters = clusters;
  allocation.keepsClusters = keeps;
  const firstSub = Math.floor(from / subclusterBytes);
  let start: number;
  let type = subclusterType(table, index, firstSub);
  if (keeps) start = type === NORMAL ? from : firstSub * subclusterBytes;
  else if (type === UNALLOCATED_PLAIN || type === ZERO_PLAIN) start = firstSub * subclusterBytes;
  else if (type === IS_COMPRESSED || !table.extended) start = 0;
  else start = Math.min(firstSub, trailingZeroes(allocatedBits(table, index))) * subclusterBytes;
  const last = index + clusters - 1;
  const lastSub = Math.floor((to - 1 - (clusters - 1) * clusterBytes) / subclusterBytes);
  type = subclusterType(table, last, lastSub);
  const subclusterEnd = Math.ceil(to / subclusterBytes) * subclusterBytes;
  const clusterEnd = clusters * clusterBytes;
  let end: number;
  if (keeps) end = type === NORMAL ? to : subclusterEnd;
  else if (type === UNALLOCATED_PLAIN || type === ZERO_PLAIN) end = subclusterEnd;
  else if (type === IS_COMPRESSED || !table.extended) end = clusterEnd;
  else {
    const skipped = Math.min(node.subclustersPerCluster - lastSub - 1, Math.clz32(allocatedBits(table, last)));
    end = clusterEnd - skipped * subclusterBytes;
  }
  allocation.startOffset = start;
  allocation.startBytes = from - start;
  allocation.endOffset = to;
  allocation.endBytes = end - to;
  node.counters.allocatedClusters += keeps ? 0 : clusters;
}

function isAllNormal(
  node: Qcow2Node,
  table: L2Table,
  index: number,
  from: number,
  to: number,
  clusters: number,
): boolean {
  if (table.linearBase >= 0 && (!table.extended || table.linearAllocated === ALL_SUBCLUSTERS)) return true;
  for (let step = 0; step < clusters; step++) {
    if (!table.extended) {
      if (subclusterType(table, index + step, 0) !== NORMAL) return false;
      continue;
    }
    const base = step * node.clusterBytes;
    const first = Math.floor((Math.max(from, base) - base) / node.subclusterBytes);
    const last = Math.floor((Math.min(to, base + node.clusterBytes) - 1 - base) / node.subclusterBytes);
    if (subclusterType(table, index + step, first) !== NORMAL) return false;
    if (first + subclusterRun(table, index + step, first) <= last) return false;
  }
  return true;
}

function nextAllocation(part: Part): Allocation {
  let allocation = part.allocations[part.allocationCount];
  if (allocation === undefined) {
    allocation = {
      ...{ guestOffset: 0, hostOffset: 0, clusters: 0, keepsClusters: false },
      ...{ startOffset: 0, startBytes: 0, endOffset: 0, endBytes: 0 },
      ...{ copySkipped: false, carriesData: false, placesOnly: false },
    };
    part.allocations.push(allocation);
  }
  part.allocationCount++;
  allocation.copySkipped = false;
  allocation.carriesData = false;
  allocation.placesOnly = false;
  return allocation;
}

/** Zeroes what can be zeroed in place, and writes the data unless a copy will carry it. @source qcow2_co_pwritev_task */
function send(node: Qcow2Node, part: Part): void {
  zeroInPlace(node, part);
  for (let index = part.allocationCount - 1; index >= 0; index--) {
    const allocation = part.allocations[index] as Allocation;
    if (allocation.copySkipped || (allocation.startBytes === 0 && allocation.endBytes === 0)) continue;
    if (allocation.guestOffset + allocation.startOffset + allocation.startBytes !== part.offset) continue;
    if (allocation.guestOffset + allocation.endOffset !== part.offset + part.length) continue;
    allocation.carriesData = true;
    return;
  }
  node.dataFile.inFlight = true;
  node.dataFile.write(part.hostOffset, part.length, FOR_DATA);
  node.dataFile.inFlight = false;
}

/** @source QEMU block/qcow2.c, handle_alloc_space */
function zeroInPlace(node: Qcow2Node, part: Part): void {
  for (let index = part.allocationCount - 1; index >= 0; index--) {
    const allocation = part.allocations[index] as Allocation;
    const { guestOffset, startOffset, startBytes, endOffset, endBytes } = allocation;
    if (startBytes === 0 && endBytes === 0) continue;
    if (!isZeroFast(node, guestOffset + startOffset, startBytes)) continue;
    if (!isZeroFast(node, guestOffset + endOffset, endBytes)) continue;
    const bytes = endOffset + endBytes - startOffset;
    if (!node.image.externalData) checkOverlap(node, 0, bytes);
    node.dataFile.inFlight = true;
    allocation.copySkipped = node.dataFile.zeroWhole(allocation.hostOffset + startOffset, bytes, FOR_COPY_ON_WRITE);
    node.dataFile.inFlight = false;
  }
}

function link(node: Qcow2Node, part: Part): void {
  node.dataFile.settle();
  for (let index = part.allocationCount - 1; index >= 0; index--) {
    linkAllocation(node, part, part.allocations[index] as Allocation);
  }
}

/** @source QEMU block/qcow2-cluster.c, qcow2_alloc_cluster_link_l2 */
function linkAllocation(node: Qcow2Node, part: Part, allocation: Allocation): void {
  const { image, l2Cache } = node;
  if (needsCopy(allocation)) copy(node, part, allocation);
  if (node.options.lazyRefcounts && !image.dirty) markDirty(node);
  if (!image.dirty) l2Cache.setDependency(node.refcountCache);
  openSlice(node, allocation.guestOffset, open);
  const { table, index, slot } = open;
  l2Cache.markDirty(slot);
  const cluster = allocation.hostOffset / node.clusterBytes;
  if (extendsLinearly(node, table, index, cluster, allocation)) return;
  table.materialize();
  const freed = allocation.keepsClusters ? noPlace : enterOld(table, index, allocation.clusters);
  for (let step = 0; step < allocation.clusters; step++) {
    table.flags[index + step] = HAS_OFFSET | COPIED;
    table.clusters[index + step] = cluster + step;
    if (table.extended && !allocation.placesOnly) enterSubclusters(node, table, index + step, step, allocation);
  }
  if (freed > 0) {
    for (let step = 0; step < freed; step++) {
      freeEntry(node, oldFlags[step] as number, oldClusters[step] as number, oldCompressed[step], DISCARD_NEVER);
    }
    oldCompressed.length = 0;
  }
}

/** Entries that new clusters take the place of, in {@link oldFlags} and its kin. @returns how many there are */
function enterOld(table: L2Table, index: number, clusters: number): number {
  let count = 0;
  for (let step = 0; step < clusters; step++) {
    const flags = table.flags[index + step] as number;
    if ((flags & (HAS_OFFSET | COMPRESSED)) === 0) continue;
    oldFlags[count] = flags;
    oldClusters[count] = table.clusters[index + step] as number;
    oldCompressed[count] = (flags & COMPRESSED) !== 0 ? table.compressed?.get(index + step) : undefined;
    if ((flags & COMPRESSED) !== 0) table.compressed?.delete(index + step);
    count++;
  }
  return count;
}

const oldFlags: number[] = [];
const oldClusters: number[] = [];
const oldCompressed: ({ readonly offsetBytes: number; readonly lengthBytes: number } | undefined)[] = [];

function enterSubclusters(node: Qcow2Node, table: L2Table, index: number, step: number, allocation: Allocation): void {
  const base = step * node.clusterBytes;
  const from = Math.max(allocation.startOffset, base) - base;
  const to = Math.min(allocation.endOffset + allocation.endBytes, base + node.clusterBytes) - base;
  const first = Math.floor(from / node.subclusterBytes);
  const last = Math.floor((to - 1) / node.subclusterBytes);
  const count = last - first + 1;
  const mask = count === 32 ? ALL_SUBCLUSTERS : (((1 << count) - 1) << first) >>> 0;
  table.allocated[index] = (table.allocated[index] as number) | mask;
  table.zeroes[index] = (table.zeroes[index] as number) & ~mask;
}

/** Whether the clusters go on a table's single run; it is then kept as one. */
function extendsLinearly(
  node: Qcow2Node,
  table: L2Table,
  index: number,
  cluster: number,
  allocation: Allocation,
): boolean {
  if (table.linearBase < 0 || allocation.keepsClusters || index !== table.linearCount) return false;
  if (index > 0 && cluster !== table.linearBase + index) return false;
  let bits = 0;
  if (table.extended && !allocation.placesOnly) {
    if (allocation.startOffset !== 0) return false;
    if (allocation.endOffset + allocation.endBytes !== allocation.clusters * node.clusterBytes) return false;
    bits = ALL_SUBCLUSTERS;
  }
  if (table.extended && index > 0 && bits !== table.linearAllocated) return false;
  table.setLinear(cluster - index, index + allocation.clusters, bits);
  return true;
}

/** Copies what surrounds the guest's data. @source QEMU block/qcow2-cluster.c, perform_cow */
function copy(node: Qcow2Node, part: Part, allocation: Allocation): void {
  const { guestOffset, hostOffset, startOffset, startBytes, endOffset, endBytes } = allocation;
  const between = endOffset - (startOffset + startBytes);
  node.counters.copiedClusters += allocation.clusters;
  node.counters.copyOnWriteBytes += startBytes + endBytes;
  if (startBytes > 0 && endBytes > 0 && between <= mergedReadBytes) {
    readGuest(node, guestOffset + startOffset, startBytes + between + endBytes, FOR_COPY_ON_WRITE);
  } else {
    readGuest(node, guestOffset + startOffset, startBytes, FOR_COPY_ON_WRITE);
    readGuest(node, guestOffset + endOffset, endBytes, FOR_COPY_ON_WRITE);
  }
  if (allocation.carriesData) {
    const bytes = startBytes + part.length + endBytes;
    writeCopy(node, hostOffset + startOffset, bytes);
  } else {
    if (startBytes > 0) writeCopy(node, hostOffset + startOffset, startBytes);
    if (endBytes > 0) writeCopy(node, hostOffset + endOffset, endBytes);
  }
  node.l2Cache.dependsOnFlush = true;
}

function writeCopy(node: Qcow2Node, offset: number, length: number): void {
  if (!node.image.externalData) checkOverlap(node, 0, length);
  node.dataFile.write(offset, length, FOR_COPY_ON_WRITE);
}

const headerFeaturesOffset = 72;
const headerFeaturesBytes = 8;

/** Sets the dirty bit in the header: with lazy refcounts, before the first change after an open. */
function markDirty(node: Qcow2Node): void {
  node.file.write(headerFeaturesOffset, headerFeaturesBytes, FOR_HEADER);
  node.file.flush();
  node.image.dirty = true;
}

function trailingZeroes(word: number): number {
  return word === 0 ? 32 : 31 - Math.clz32(word & -word);
}
