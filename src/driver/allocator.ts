import { FOR_DATA, FOR_HEADER, FOR_REFCOUNT_TABLE } from './host-io.ts';
import { COMPRESSED, HAS_OFFSET } from './l2-table.ts';
import { type Qcow2Node, updateLastRefcountBlock } from './node.ts';

/** Why clusters are freed: it decides whether their space is given back to the file system. */
export const DISCARD_NEVER = 0;
export const DISCARD_ALWAYS = 1;
export const DISCARD_REQUEST = 2;
export const DISCARD_SNAPSHOT = 3;
export const DISCARD_OTHER = 4;

const tableEntryBytes = 8;
const headerTableFieldsOffset = 48;
const headerTableFieldsBytes = 12;

/** The outcome of an update of refcounts: done, or start over, since a new refcount block may lie where the caller meant to. */
const DONE = 0;
const AGAIN = 1;

/** Refcount of a cluster through the cache: a lookup where it has a block, nothing where it has none. */
export function getRefcount(node: Qcow2Node, cluster: number): number {
  const block = blockOffset(node, cluster);
  if (block === 0) return 0;
  node.refcountCache.get(block, true);
  return node.image.refcounts.get(cluster);
}

/**
 * Finds and takes `count` consecutive clusters. First fit from the search position on, which only a free moves back.
 * @returns the first cluster
 */
export function allocateClusters(node: Qcow2Node, count: number): number {
  for (;;) {
    const first = findFree(node, count);
    if (updateRefcounts(node, first * node.clusterBytes, count * node.clusterBytes, 1, DISCARD_NEVER) === DONE)
      return first;
  }
}

/** Takes as many of `count` clusters from `first` on as are free. @returns how many */
export function allocateClustersAt(node: Qcow2Node, first: number, count: number): number {
  for (;;) {
    let free = 0;
    while (free < count) {
      const cluster = first + free;
      const block = blockOffset(node, cluster);
      const inBlock = Math.min(count - free, blockEnd(node, cluster) - cluster);
      if (block === 0) {
        free += inBlock;
        continue;
      }
      const run = node.image.refcounts.freeRun(cluster, inBlock);
      lookUpRefcounts(node, block, Math.min(run + 1, inBlock));
      free += run;
      if (run < inBlock) break;
    }
    if (free === 0) return 0;
    if (updateRefcounts(node, first * node.clusterBytes, free * node.clusterBytes, 1, DISCARD_NEVER) === DONE)
      return free;
  }
}

/**
 * Takes bytes for compressed data, packed after the last one where they fit.
 * @returns the offset in the image file
 * @source QEMU block/qcow2-refcount.c, qcow2_alloc_bytes
 */
export function allocateBytes(node: Qcow2Node, length: number): number {
  const { clusterBytes } = node;
  let offset = node.freeByteOffset;
  if (offset !== 0 && getRefcount(node, Math.floor(offset / clusterBytes)) === node.maximumRefcount) offset = 0;
  let freeInCluster = clusterBytes - (offset % clusterBytes);
  for (;;) {
    if (offset === 0 || freeInCluster < length) {
      const cluster = findFree(node, 1) * clusterBytes;
      if (offset === 0 || Math.ceil(offset / clusterBytes) * clusterBytes !== cluster) {
        offset = cluster;
        freeInCluster = clusterBytes;
      } else {
        freeInCluster += clusterBytes;
      }
    }
    if (updateRefcounts(node, offset, length, 1, DISCARD_NEVER) === DONE) break;
    offset = 0;
  }
  node.l2Cache.setDependency(node.refcountCache);
  node.freeByteOffset = offset + length;
  if (node.freeByteOffset % clusterBytes === 0) node.freeByteOffset = 0;
  return offset;
}

/** Gives clusters back. Offset and length in bytes of the image file; every cluster that they touch counts. */
export function freeClusters(node: Qcow2Node, offset: number, length: number, type: number): void {
  updateRefcounts(node, offset, length, -1, type);
}

/** Gives back what an L2 entry points to. `flags` as in the table. */
export function freeEntry(
  node: Qcow2Node,
  flags: number,
  cluster: number,
  compressed: { readonly offsetBytes: number; readonly lengthBytes: number } | undefined,
  type: number,
): void {
  const isCompressed = (flags & COMPRESSED) !== 0;
  if (node.image.externalData) {
    if (!isCompressed && (flags & HAS_OFFSET) !== 0 && passesDiscard(node, type)) {
      node.dataFile.discard(cluster * node.clusterBytes, node.clusterBytes, FOR_DATA);
    }
    return;
  }
  if (isCompressed && compressed !== undefined)
    freeClusters(node, compressed.offsetBytes, compressed.lengthBytes, type);
  else if ((flags & HAS_OFFSET) !== 0) freeClusters(node, cluster * node.clusterBytes, node.clusterBytes, type);
}

/** Issues the discards that were collected. */
export function issueDiscards(node: Qcow2Node): void {
  if (node.discards.length === 0) return;
  for (const { offset, length } of node.discards) node.file.discard(offset, length, FOR_DATA);
  node.discards.length = 0;
}

/**
 * Creates refcount blocks that cover themselves, a new refcount table behind them and `extraClusters` beyond; then
 * switches to that table.
 * @param startBytes a cluster boundary with nothing allocated beyond it
 * @param exact without room for the table to grow by half
 * @param newBlockIndex where `newBlockOffset`, if it is not 0, stands in the table
 * @returns where the additional clusters may go, bytes
 * @source QEMU block/qcow2-refcount.c, qcow2_refcount_area
 */
export function createRefcountArea(
  node: Qcow2Node,
  startBytes: number,
  extraClusters: number,
  exact: boolean,
  newBlockIndex: number,
  newBlockOffset: number,
): number {
  const { image, clusterBytes, refcountBlockEntries: perBlock, refcountCache: cache } = node;
  const perTableCluster = clusterBytes / tableEntryBytes;
  const blockCount = countBlocks(startBytes / clusterBytes + extraClusters, perBlock, perTableCluster, !exact);
  const firstBlock = Math.floor(startBytes / clusterBytes / perBlock);
  const wanted = exact ? blockCount : blockCount + Math.ceil(blockCount / 2);
  const tableSize = Math.ceil(wanted / perTableCluster) * perTableCluster;
  const tableClusters = tableSize / perTableCluster;
  const table = new Float64Array(tableSize);
  table.set(image.refcountTable.subarray(0, Math.min(tableSize, node.lastRefcountBlock + 1)));
  if (newBlockOffset !== 0) table[newBlockIndex] = newBlockOffset;
  let added = 0;
  for (let index = firstBlock; index < blockCount; index++) if (table[index] === 0) added++;
  const tableOffset = startBytes + added * clusterBytes;
  const endBytes = tableOffset + tableClusters * clusterBytes;
  let blockAt = startBytes;
  for (let index = firstBlock; index < blockCount; index++) {
    let slot: number;
    if (table[index] === 0) {
      slot = cache.get(blockAt, false);
      table[index] = blockAt;
      blockAt += clusterBytes;
      cache.markDirty(slot);
    } else {
      slot = cache.get(table[index] as number, true);
    }
    const covered = index * perBlock;
    if (covered * clusterBytes < endBytes) {
      const from = Math.max(covered, startBytes / clusterBytes);
      const to = Math.min(endBytes / clusterBytes, covered + perBlock);
      if (to > from) image.refcounts.fill(from, to - from, 1);
      cache.markDirty(slot);
    }
  }
  cache.flush();
  node.file.write(tableOffset, tableSize * tableEntryBytes, FOR_REFCOUNT_TABLE);
  node.file.flush();
  node.file.write(headerTableFieldsOffset, headerTableFieldsBytes, FOR_HEADER);
  node.file.flush();
  const oldOffset = image.refcountTableOffsetBytes;
  const oldBytes = image.refcountTable.length * tableEntryBytes;
  image.refcountTable = table;
  image.refcountTableOffsetBytes = tableOffset;
  image.refcountTableClusters = tableClusters;
  updateLastRefcountBlock(node);
  freeClusters(node, oldOffset, oldBytes, DISCARD_OTHER);
  return endBytes;
}

/** Refcount blocks for `clusters` clusters and for themselves and their table; the fixed point of qcow2_refcount_metadata_size. */
function countBlocks(clusters: number, perBlock: number, perTableCluster: number, generous: boolean): number {
  let counted = clusters;
  let grow = generous;
  let blocks = 0;
  let table = 0;
  let total = 0;
  for (;;) {
    const last = total;
    blocks = Math.ceil((counted + table + blocks) / perBlock);
    table = Math.ceil(blocks / perTableCluster);
    total = counted + blocks + table;
    if (total !== last) continue;
    if (!grow) return blocks;
    counted += Math.ceil(table / 2);
    total = 0;
    grow = false;
  }
}

function blockOffset(node: Qcow2Node, cluster: number): number {
  const index = Math.floor(cluster / node.refcountBlockEntries);
  const table = node.image.refcountTable;
  return index < table.length ? (table[index] as number) : 0;
}

/** The first cluster after the block that holds this one. */
function blockEnd(node: Qcow2Node, cluster: number): number {
  return (Math.floor(cluster / node.refcountBlockEntries) + 1) * node.refcountBlockEntries;
}

/** `count` lookups of neighbouring clusters in one block, of which only the first can miss. */
function lookUpRefcounts(node: Qcow2Node, block: number, count: number): void {
  node.refcountCache.get(block, true);
  node.refcountCache.lookups += count - 1;
  node.counters.refcountSteps += count;
}

/** Moves the search position past `count` consecutive free clusters. @returns the first of them; nothing is taken yet */
function findFree(node: Qcow2Node, count: number): number {
  if (node.collectDiscards) issueDiscards(node);
  const { refcounts } = node.image;
  let run = 0;
  let cluster = node.freeIndex;
  while (run < count) {
    const block = blockOffset(node, cluster);
    const inBlock = blockEnd(node, cluster) - cluster;
    if (block === 0) {
      const take = Math.min(inBlock, count - run);
      run += take;
      cluster += take;
      continue;
    }
    const free = refcounts.freeRun(cluster, Math.min(inBlock, count - run));
    if (free > 0) {
      lookUpRefcounts(node, block, free);
      run += free;
      cluster += free;
      continue;
    }
    const taken = refcounts.usedRun(cluster, inBlock);
    lookUpRefcounts(node, block, taken);
    run = 0;
    cluster += taken;
  }
  node.freeIndex = cluster;
  return cluster - count;
}

/**
 * Adds 1 or −1 to the refcount of every cluster that the range touches.
 * @source QEMU block/qcow2-refcount.c, update_refcount
 */
function updateRefcounts(node: Qcow2Node, offset: number, length: number, change: number, type: number): number {
  if (length <= 0) return DONE;
  const { clusterBytes, image, refcountCache: cache } = node;
  if (change < 0) cache.setDependency(node.l2Cache);
  const first = Math.floor(offset / clusterBytes);
  const end = Math.floor((offset + length - 1) / clusterBytes) + 1;
  let cluster = first;
  let block = 0;
  let failed = false;
  while (cluster < end) {
    if (block !== 0) cache.touch(block);
    const slot = loadBlock(node, cluster);
    if (slot < 0) {
      if (node.freeIndex > first) node.freeIndex = first;
      block = -slot - 1;
      failed = true;
      break;
    }
    block = blockOffset(node, cluster);
    cache.markDirty(slot);
    const stop = Math.min(end, blockEnd(node, cluster));
    if (change > 0 && image.refcounts.freeRun(cluster, stop - cluster) === stop - cluster) {
      image.refcounts.fill(cluster, stop - cluster, 1);
      cluster = stop;
      continue;
    }
    while (cluster < stop) {
      const value = image.refcounts.get(cluster) + change;
      if (value < 0 || value > node.maximumRefcount) {
        throw new RangeError(`the refcount of cluster ${cluster} would become ${value}`);
      }
      if (value === 0 && cluster < node.freeIndex) node.freeIndex = cluster;
      image.refcounts.set(cluster, value);
      cluster++;
      if (value === 0 && dropCached(node, offset, cluster - 1, type)) {
        block = 0;
        break;
      }
    }
  }
  if (!node.collectDiscards) issueDiscards(node);
  if (block > 0) cache.touch(block);
  if (!failed) return DONE;
  updateRefcounts(
    node,
    offset,
    (cluster - first) * clusterBytes - (offset - first * clusterBytes),
    -change,
    DISCARD_NEVER,
  );
  return AGAIN;
}

/** A cluster became free: what is cached of the request's first cluster is dropped. @returns whether a refcount block was */
function dropCached(node: Qcow2Node, offset: number, cluster: number, type: number): boolean {
  let dropped = false;
  const blockSlot = node.refcountCache.find(offset);
  if (blockSlot >= 0) {
    node.refcountCache.discard(blockSlot);
    dropped = true;
  }
  const sliceSlot = node.l2Cache.find(offset);
  if (sliceSlot >= 0) node.l2Cache.discard(sliceSlot);
  if (passesDiscard(node, type)) collectDiscard(node, cluster * node.clusterBytes, node.clusterBytes);
  return dropped;
}

function passesDiscard(node: Qcow2Node, type: number): boolean {
  const { options } = node;
  if (type === DISCARD_ALWAYS) return true;
  if (type === DISCARD_REQUEST) return options.passDiscardRequest;
  if (type === DISCARD_SNAPSHOT) return options.passDiscardSnapshot;
  return type === DISCARD_OTHER && options.passDiscardOther;
}

/** Queues a range, merged with its neighbours in the queue. */
export function collectDiscard(node: Qcow2Node, offset: number, length: number): void {
  const { discards } = node;
  let merged = discards.find((range) => range.offset + range.length === offset || offset + length === range.offset);
  if (merged === undefined) {
    merged = { offset, length };
    discards.push(merged);
  } else {
    merged.offset = Math.min(merged.offset, offset);
    merged.length += length;
  }
  for (let index = discards.length - 1; index >= 0; index--) {
    const other = discards[index] as { offset: number; length: number };
    if (other === merged) continue;
    if (other.offset + other.length !== merged.offset && merged.offset + merged.length !== other.offset) continue;
    discards.splice(index, 1);
    merged.offset = Math.min(merged.offset, other.offset);
    merged.length += other.length;
  }
}

/**
 * Brings the refcount block of a cluster into the cache; makes one, and a larger table for it, where there is none.
 * @returns its slot, or a negative number where the caller must start over: −1, or −1 minus the offset of a block in use
 * @source QEMU block/qcow2-refcount.c, alloc_refcount_block
 */
function loadBlock(node: Qcow2Node, cluster: number): number {
  const { image, clusterBytes, refcountBlockEntries: perBlock, refcountCache: cache } = node;
  const known = blockOffset(node, cluster);
  if (known !== 0) return cache.get(known, true);
  const index = Math.floor(cluster / perBlock);
  node.l2Cache.flush();
  const placed = findFree(node, 1);
  const offset = placed * clusterBytes;
  let slot: number;
  if (Math.floor(placed / perBlock) === index) {
    slot = cache.get(offset, false);
    image.refcounts.set(placed, 1);
  } else {
    if (updateRefcounts(node, offset, clusterBytes, 1, DISCARD_NEVER) !== DONE) return -1;
    cache.flush();
    slot = cache.get(offset, false);
  }
  cache.markDirty(slot);
  cache.flush();
  if (index < image.refcountTable.length) {
    node.file.write(image.refcountTableOffsetBytes + index * tableEntryBytes, tableEntryBytes, FOR_REFCOUNT_TABLE);
    node.file.flush();
    // Images that were made of each other share the table; see shareWith.
    image.refcountTable = image.refcountTable.with(index, offset);
    node.lastRefcountBlock = Math.max(node.lastRefcountBlock, index);
    return -1 - offset;
  }
  cache.touch(offset);
  const blocksUsed = Math.ceil((Math.max(cluster, placed) + 1) / perBlock);
  createRefcountArea(node, blocksUsed * perBlock * clusterBytes, 0, false, index, offset);
  cache.get(offset, true);
  return -1 - offset;
}
