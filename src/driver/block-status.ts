import { getRefcount } from './allocator.ts';
import { IS_COMPRESSED, map, mapping, NORMAL, UNALLOCATED_ALLOC, ZERO_ALLOC, ZERO_PLAIN } from './cluster-map.ts';
import type { HostFile } from './host-file.ts';
import { hostBlockBytes } from './host-file-state.ts';
import { BLOCK_WRITTEN } from './host-io.ts';
import type { BackingNode, Qcow2Node } from './node.ts';

/** What a range is known to be: the bits of QEMU's block status that the driver asks for. */
const DATA = 1;
const READS_ZERO = 2;
const ALLOCATED = 4;
const AT_END = 8;

/** How much may be asked of the file system: nothing, where its holes are, or also where a preallocated image's holes are. */
const NOTHING = 0;
const HOLES = 1;
const PRECISE = 2;
/** Since 10.1 the fast check asks for holes, and goes on over several extents. */
const versionThatAsksForHoles = 1001;

/** How far the last answer reaches. */
let statusBytes = 0;

/**
 * Whether a range is known to read as zeroes. Before QEMU 10.1 only where it is one extent, and without asking the file
 * system. The answer may be false for zeroes, never true for data.
 * @source QEMU block/io.c, bdrv_co_is_zero_fast
 */
export function isZeroFast(node: Qcow2Node, offset: number, length: number): boolean {
  if (length === 0) return true;
  if (node.options.qemuVersion >= versionThatAsksForHoles) return isZeroThroughout(node, HOLES, offset, length);
  const status = statusAbove(node, NOTHING, offset, length);
  return statusBytes === length && (status & READS_ZERO) !== 0;
}

/** Whether a range reads as zeroes; bytes past the end of the disk do. @source QEMU block/qcow2.c, is_zero */
export function isZero(node: Qcow2Node, offset: number, length: number): boolean {
  return isZeroThroughout(node, PRECISE, offset, Math.min(length, node.image.virtualBytes - offset));
}

function isZeroThroughout(node: Qcow2Node, mode: number, offset: number, length: number): boolean {
  let at = offset;
  let left = length;
  while (left > 0) {
    const status = statusAbove(node, mode, at, left);
    if ((status & READS_ZERO) === 0 || statusBytes === 0) return false;
    at += statusBytes;
    left -= statusBytes;
  }
  return true;
}

/** @source QEMU block/io.c, bdrv_co_common_block_status_above */
function statusAbove(node: Qcow2Node, mode: number, offset: number, length: number): number {
  let status = statusOfImage(node, mode, offset, length);
  if (statusBytes === 0 || (status & ALLOCATED) !== 0) return status;
  let layer: BackingNode | undefined = node.backing;
  while (layer !== undefined) {
    const bytes = statusBytes;
    status =
      layer.format === 'raw'
        ? statusOfRaw(layer.virtualBytes, layer.file, mode, offset, bytes)
        : statusOfImage(layer.node, mode, offset, bytes);
    if (statusBytes === 0) {
      // The layer is shorter than the disk: what lies beyond its end reads as zeroes.
      statusBytes = bytes;
      return READS_ZERO | ALLOCATED;
    }
    if ((status & ALLOCATED) !== 0) return status;
    layer = layer.format === 'raw' ? undefined : layer.node.backing;
  }
  return status;
}

function statusOfImage(node: Qcow2Node, mode: number, offset: number, length: number): number {
  statusBytes = 0;
  const total = node.image.virtualBytes;
  if (offset >= total) return AT_END;
  const bytes = Math.min(length, total - offset);
  if (!node.preallocationChecked) detectPreallocation(node);
  map(node, offset, bytes);
  const { type, hostOffset } = mapping;
  statusBytes = mapping.length;
  let status = 0;
  if (type === ZERO_PLAIN || type === ZERO_ALLOC) status = READS_ZERO | ALLOCATED;
  else if (type === NORMAL || type === IS_COMPRESSED) status = DATA | ALLOCATED;
  else if (node.backing === undefined) status = READS_ZERO;
  else if (mode === PRECISE && offset >= node.backing.virtualBytes) status = READS_ZERO;
  if (type === NORMAL && mode === PRECISE && node.preallocated) {
    const answer = statusBytes;
    const below = statusOfFile(node.dataFile, hostOffset, answer);
    if ((below & AT_END) !== 0 && (statusBytes === 0 || (below & READS_ZERO) !== 0)) {
      status |= READS_ZERO;
      statusBytes = answer;
    } else {
      status |= below & READS_ZERO;
    }
  }
  if (type === UNALLOCATED_ALLOC && node.backing !== undefined) status &= ~READS_ZERO;
  return status;
}

function statusOfRaw(virtualBytes: number, file: HostFile, mode: number, offset: number, length: number): number {
  statusBytes = 0;
  if (offset >= virtualBytes) return AT_END;
  const bytes = Math.min(length, virtualBytes - offset);
  if (mode !== NOTHING) return statusOfFile(file, offset, bytes);
  statusBytes = bytes;
  return DATA | ALLOCATED;
}

/** What the file system says: data up to the next hole, or a hole up to the next data. */
function statusOfFile(file: HostFile, offset: number, length: number): number {
  statusBytes = 0;
  const total = file.lengthBytes;
  if (offset >= total) return AT_END;
  const end = Math.min(offset + length, total);
  const isData = file.state.stateAt(offset) === BLOCK_WRITTEN;
  let at = offset - (offset % hostBlockBytes) + hostBlockBytes;
  while (at < end && (file.state.stateAt(at) === BLOCK_WRITTEN) === isData) at += hostBlockBytes;
  statusBytes = Math.min(at, end) - offset;
  return ALLOCATED | (isData ? DATA : READS_ZERO) | (end === total && statusBytes === end - offset ? AT_END : 0);
}

/**
 * The first question for block status after an open counts allocated clusters until there are clearly more of them than
 * the file has blocks, which is so after `preallocation=metadata`. Otherwise it looks at every refcount of the file.
 * @source QEMU block/qcow2-refcount.c, qcow2_detect_metadata_preallocation
 */
function detectPreallocation(node: Qcow2Node): void {
  node.preallocationChecked = true;
  const { image, clusterBytes, refcountBlockEntries } = node;
  const real = Math.floor(image.file.allocatedBytes / clusterBytes);
  const threshold = Math.max(Math.floor((real * 10) / 9), real + 2);
  const end = Math.ceil(node.file.lengthBytes / clusterBytes);
  let count = 0;
  let cluster = 0;
  while (cluster < end && count < threshold) {
    const stop = Math.min(end, (Math.floor(cluster / refcountBlockEntries) + 1) * refcountBlockEntries);
    const first = cluster;
    getRefcount(node, cluster);
    while (cluster < stop && count < threshold) {
      const used = image.refcounts.usedRun(cluster, Math.min(stop - cluster, threshold - count));
      count += used;
      cluster += used;
      if (count >= threshold) break;
      cluster += image.refcounts.freeRun(cluster, stop - cluster);
    }
    node.counters.refcountSteps += cluster - first;
    node.refcountCache.lookups += Math.max(0, cluster - first - 1);
  }
  node.preallocated = count >= threshold;
}
