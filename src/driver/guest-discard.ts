import { collectDiscard, DISCARD_REQUEST, freeEntry, issueDiscards } from './allocator.ts';
import { isZero } from './block-status.ts';
import {
  entryCluster,
  entryFlags,
  IS_COMPRESSED,
  map,
  mapping,
  NORMAL,
  type OpenSlice,
  openSlice,
} from './cluster-map.ts';
import { writeGuest } from './guest-write.ts';
import { FOR_DATA } from './host-io.ts';
import { ALL_SUBCLUSTERS, COMPRESSED, HAS_OFFSET, L2Table, ZERO } from './l2-table.ts';
import type { Qcow2Node } from './node.ts';

/** QEMU writes zeroes through a buffer of at most this size where it cannot mark them. */
const bounceBytes = 16 * 1024 * 1024;
/** Since 9.1 zeroes are only unmapped with `discard=unmap`. */
const versionThatHeedsDiscard = 901;
const open: OpenSlice = { table: new L2Table(0, 0, false), index: 0, slot: 0 };

/**
 * Discards guest bytes. Whole clusters only, and the last one of the disk even if it is partial; what is left over at
 * both ends is dropped.
 * @source QEMU block/io.c, bdrv_co_pdiscard; block/qcow2.c, qcow2_co_pdiscard
 */
export function discardGuest(node: Qcow2Node, offset: number, length: number): void {
  const { clusterBytes, image } = node;
  if (!node.options.discard) return;
  if (image.version < 3 && node.backing !== undefined) return;
  const end = offset + length;
  const first = Math.ceil(offset / clusterBytes) * clusterBytes;
  let last = Math.floor(end / clusterBytes) * clusterBytes;
  if (end === image.virtualBytes && end > first) last = end;
  // The block layer hands the aligned middle and the partial end to the driver one after the other.
  const middle = Math.floor(last / clusterBytes) * clusterBytes;
  if (middle > first) discardClusters(node, first, (middle - first) / clusterBytes);
  if (last > middle && middle >= first) discardClusters(node, middle, 1);
}

/**
 * Writes zeroes: where whole subclusters are meant, or their rest reads as zeroes already, only the map changes;
 * elsewhere zeroes are written as data.
 * @param unmap whether the clusters may be given back
 * @source QEMU block/io.c, bdrv_co_do_pwrite_zeroes; block/qcow2.c, qcow2_co_pwrite_zeroes
 */
export function writeZeroesGuest(node: Qcow2Node, offset: number, length: number, unmap: boolean): void {
  const { subclusterBytes, options } = node;
  const mayUnmap = unmap && (options.discard || options.qemuVersion < versionThatHeedsDiscard);
  let at = offset;
  let left = length;
  let head = offset % subclusterBytes;
  const tail = (offset + length) % subclusterBytes;
  while (left > 0) {
    let bytes = left;
    if (head > 0) {
      bytes = Math.min(left, bounceBytes, subclusterBytes - head);
      head = (head + bytes) % subclusterBytes;
    } else if (tail > 0 && bytes > subclusterBytes) {
      bytes -= tail;
    }
    if (!markZero(node, at, bytes, mayUnmap)) {
      bytes = Math.min(bytes, bounceBytes);
      writeGuest(node, at, bytes);
    }
    at += bytes;
    left -= bytes;
  }
}

/** @returns false where zeroes must be written as data */
function markZero(node: Qcow2Node, offset: number, length: number, unmap: boolean): boolean {
  const { subclusterBytes, image } = node;
  const head = offset % subclusterBytes;
  const end = offset + length;
  const tail = end === image.virtualBytes ? 0 : Math.ceil(end / subclusterBytes) * subclusterBytes - end;
  if (head === 0 && tail === 0) return zeroSubclusters(node, offset, length, unmap);
  if (!isZero(node, offset - head, head) || !isZero(node, end, tail)) return false;
  map(node, offset - head, subclusterBytes);
  if (mapping.type === NORMAL || mapping.type === IS_COMPRESSED) return false;
  return zeroSubclusters(node, offset - head, subclusterBytes, unmap);
}

/** @source QEMU block/qcow2-cluster.c, qcow2_subcluster_zeroize */
function zeroSubclusters(node: Qcow2Node, offset: number, length: number, unmap: boolean): boolean {
  const { image, clusterBytes, subclusterBytes } = node;
  if (image.dataFileRaw) {
    node.dataFile.zero(offset, length, FOR_DATA, unmap);
  }
  if (image.version < 3) {
    if (node.backing !== undefined) return false;
    discardClusters(node, offset, Math.ceil(length / clusterBytes));
    return true;
  }
  let end = offset + length;
  const head = Math.min(end, Math.ceil(offset / clusterBytes) * clusterBytes) - offset;
  const start = offset + head;
  const tail = end >= image.virtualBytes ? 0 : end - Math.max(start, Math.floor(end / clusterBytes) * clusterBytes);
  end -= tail;
  node.collectDiscards = true;
  let done = head === 0 || zeroWithinCluster(node, offset, Math.ceil(head / subclusterBytes));
  if (done) {
    let at = start;
    let clusters = Math.ceil((end - start) / clusterBytes);
    while (clusters > 0) {
      const count = zeroInSlice(node, at, clusters, unmap);
      clusters -= count;
      at += count * clusterBytes;
    }
    if (tail > 0) done = zeroWithinCluster(node, end, Math.ceil(tail / subclusterBytes));
  }
  node.collectDiscards = false;
  // QEMU drops what it collected where the request fails.
  if (done) issueDiscards(node);
  else node.discards.length = 0;
  return done;
}

/** @returns clusters done: as many as the slice maps */
function zeroInSlice(node: Qcow2Node, offset: number, clusters: number, unmap: boolean): number {
  openSlice(node, offset, open);
  const { table, index, slot } = open;
  const count = Math.min(clusters, node.entriesPerSlice - (index % node.entriesPerSlice));
  for (let step = 0; step < count; step++) {
    const at = index + step;
    const flags = entryFlags(table, at);
    const placed = (flags & HAS_OFFSET) !== 0 && (flags & COMPRESSED) === 0;
    const isCompressed = (flags & COMPRESSED) !== 0;
    const frees = isCompressed || (unmap && placed);
    const keeps = node.options.discardNoUnref && !isCompressed;
    const drops = frees && !keeps;
    const changed = table.extended
      ? drops || table.linearBase >= 0 || table.zeroes[at] !== ALL_SUBCLUSTERS || table.allocated[at] !== 0
      : drops || (flags & ZERO) === 0;
    if (!changed) continue;
    table.materialize();
    node.l2Cache.markDirty(slot);
    setZero(node, table, at, drops);
    if (drops) free(node, table, at, flags);
    else if (frees) passDiscard(node, entryCluster(table, at));
  }
  return count;
}

/** Marks one entry as zeroes; `dropPlace` takes its place away. */
function setZero(node: Qcow2Node, table: L2Table, index: number, dropPlace: boolean): void {
  const flags = dropPlace ? 0 : (table.flags[index] as number);
  if (table.extended) {
    table.flags[index] = flags;
    table.allocated[index] = 0;
    table.zeroes[index] = ALL_SUBCLUSTERS;
  } else {
    // In an external data file offset 0 is a place only while the entry is not marked as zeroes.
    const kept = node.image.externalData && table.clusters[index] === 0 ? 0 : flags;
    table.flags[index] = kept | (node.image.version >= 3 ? ZERO : 0);
  }
}

/** Frees what an entry pointed to before it was changed. */
function free(node: Qcow2Node, table: L2Table, index: number, flags: number): void {
  const cluster = table.clusters[index] as number;
  const data = table.compressed?.get(index);
  table.clusters[index] = 0;
  if ((flags & COMPRESSED) !== 0) table.compressed?.delete(index);
  freeEntry(node, flags, cluster, data, DISCARD_REQUEST);
}

function zeroWithinCluster(node: Qcow2Node, offset: number, subclusters: number): boolean {
  openSlice(node, offset, open);
  const { table, index, slot } = open;
  if ((entryFlags(table, index) & COMPRESSED) !== 0) return false;
  const first = Math.floor((offset % node.clusterBytes) / node.subclusterBytes);
  const mask = (((1 << subclusters) - 1) << first) >>> 0;
  const isLinear = table.linearBase >= 0;
  const allocated = isLinear ? -1 : (table.allocated[index] as number);
  const zeroes = isLinear ? 0 : (table.zeroes[index] as number);
  if (!isLinear && (zeroes & mask) >>> 0 === mask && (allocated & mask) === 0) return true;
  table.materialize();
  table.zeroes[index] = (table.zeroes[index] as number) | mask;
  table.allocated[index] = (table.allocated[index] as number) & ~mask;
  node.l2Cache.markDirty(slot);
  return true;
}

/** @source QEMU block/qcow2-cluster.c, qcow2_cluster_discard, discard_in_l2_slice */
function discardClusters(node: Qcow2Node, offset: number, clusters: number): void {
  node.collectDiscards = true;
  let at = offset;
  let left = clusters;
  while (left > 0) {
    openSlice(node, at, open);
    const { table, index, slot } = open;
    const count = Math.min(left, node.entriesPerSlice - (index % node.entriesPerSlice));
    for (let step = 0; step < count; step++) discardEntry(node, table, index + step, slot);
    left -= count;
    at += count * node.clusterBytes;
  }
  node.collectDiscards = false;
  issueDiscards(node);
}

function discardEntry(node: Qcow2Node, table: L2Table, index: number, slot: number): void {
  const { image } = node;
  const flags = entryFlags(table, index);
  const isCompressed = (flags & COMPRESSED) !== 0;
  const isPlaced = (flags & HAS_OFFSET) !== 0 && !isCompressed;
  if (node.backing === undefined && !isPlaced && !isCompressed) return;
  const keeps = node.options.discardNoUnref && isPlaced && image.version >= 3;
  if (table.extended) {
    const isZeroed = table.linearBase < 0 && table.zeroes[index] === ALL_SUBCLUSTERS && table.allocated[index] === 0;
    if (isZeroed && (keeps || flags === 0)) return;
  } else {
    const after = (keeps ? flags : 0) | (image.version >= 3 ? ZERO : 0);
    if (after === flags) return;
  }
  table.materialize();
  node.l2Cache.markDirty(slot);
  setZero(node, table, index, !keeps);
  if (keeps) passDiscard(node, entryCluster(table, index));
  else free(node, table, index, flags);
}

/** Since 10.1 discards of clusters that keep their place are collected and merged like all others. */
const versionThatMerges = 1001;

/** With `discard-no-unref` the cluster keeps its place and only its data is given back. */
function passDiscard(node: Qcow2Node, cluster: number): void {
  if (!node.options.passDiscardRequest) return;
  const { clusterBytes } = node;
  if (node.options.qemuVersion >= versionThatMerges && !node.image.externalData) {
    collectDiscard(node, cluster * clusterBytes, clusterBytes);
  } else {
    node.dataFile.discard(cluster * clusterBytes, clusterBytes, FOR_DATA);
  }
}
