import { IS_COMPRESSED, map, mapping, NORMAL, UNALLOCATED_ALLOC, UNALLOCATED_PLAIN } from './cluster-map.ts';
import type { CompressedCluster } from './l2-table.ts';
import type { Qcow2Node } from './node.ts';

/**
 * Reads guest bytes: a look at the map, then one request to a file, for each part that is mapped as one.
 * @param purpose `FOR_DATA`, or `FOR_COPY_ON_WRITE` where the driver reads for itself
 * @source QEMU block/qcow2.c, qcow2_co_preadv_part
 */
export function readGuest(node: Qcow2Node, offset: number, length: number, purpose: number): void {
  const { counters } = node;
  let at = offset;
  let left = length;
  while (left > 0) {
    counters.parts++;
    map(node, at, left);
    const { type, hostOffset, length: bytes, table } = mapping;
    if (type === NORMAL) {
      node.dataFile.read(hostOffset, bytes, purpose);
    } else if (type === IS_COMPRESSED) {
      const data = table?.compressed?.get(hostOffset) as CompressedCluster;
      node.file.read(data.offsetBytes, data.lengthBytes, purpose);
      counters.inflatedBytes += node.clusterBytes;
    } else if ((type === UNALLOCATED_PLAIN || type === UNALLOCATED_ALLOC) && node.backing !== undefined) {
      readBacking(node, at, bytes, purpose);
    } else {
      counters.zeroFilledBytes += bytes;
    }
    at += bytes;
    left -= bytes;
  }
}

/** Reads what lies beneath; beyond the end of a shorter backing file are zeroes. */
function readBacking(node: Qcow2Node, offset: number, length: number, purpose: number): void {
  const backing = node.backing;
  if (backing === undefined) return;
  const bytes = Math.min(length, backing.virtualBytes - offset);
  if (bytes <= 0) return;
  if (backing.format === 'raw') backing.file.read(offset, bytes, purpose);
  else readGuest(backing.node, offset, bytes, purpose);
}
