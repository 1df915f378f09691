import { allocatedBits, entryCluster, needsAllocation } from './cluster-map.ts';
import { ALL_SUBCLUSTERS, type L2Table } from './l2-table.ts';
import type { Qcow2Node } from './node.ts';

/**
 * The state of an image after a write into clusters that have their place, without the write's I/O.
 * @returns false, with nothing done, where clusters, or subclusters with more than one block of the file, are still to be allocated
 */
export function storeInPlace(node: Qcow2Node, offset: number, length: number): boolean {
  const end = offset + length;
  for (let at = offset; at < end; at = nextCluster(node, at)) if (!hasPlace(node, at, end)) return false;
  for (let at = offset; at < end; at = nextCluster(node, at)) {
    const cluster = Math.floor(at * node.clustersPerByte);
    const table = tableOf(node, cluster) as L2Table;
    const index = cluster & (node.l2EntriesPerTable - 1);
    const inCluster = at - cluster * node.clusterBytes;
    const bytes = Math.min(end - at, node.clusterBytes - inCluster);
    node.dataFile.state.write(entryCluster(table, index) * node.clusterBytes + inCluster, bytes);
    const mask = table.extended ? subclusters(node, inCluster, bytes) : 0;
    if ((allocatedBits(table, index) & mask) === (mask | 0)) continue;
    table.materialize();
    table.allocated[index] = (table.allocated[index] as number) | mask;
    table.zeroes[index] = (table.zeroes[index] as number) & ~mask;
  }
  return true;
}

const blockBytes = 4096;

function hasPlace(node: Qcow2Node, at: number, end: number): boolean {
  const cluster = Math.floor(at * node.clustersPerByte);
  const table = tableOf(node, cluster);
  const index = cluster & (node.l2EntriesPerTable - 1);
  if (table === undefined || needsAllocation(table, index)) return false;
  if (!table.extended || node.subclusterBytes <= blockBytes) return true;
  const inCluster = at - cluster * node.clusterBytes;
  const mask = subclusters(node, inCluster, Math.min(end - at, node.clusterBytes - inCluster));
  return (allocatedBits(table, index) & mask) === (mask | 0);
}

function tableOf(node: Qcow2Node, cluster: number): L2Table | undefined {
  return node.tables[Math.floor(cluster * node.tablesPerCluster)];
}

function nextCluster(node: Qcow2Node, at: number): number {
  return (Math.floor(at * node.clustersPerByte) + 1) * node.clusterBytes;
}

/** Bits of the subclusters that a range within one cluster touches. */
function subclusters(node: Qcow2Node, inCluster: number, bytes: number): number {
  const first = Math.floor(inCluster / node.subclusterBytes);
  const count = Math.floor((inCluster + bytes - 1) / node.subclusterBytes) - first + 1;
  return count === 32 ? ALL_SUBCLUSTERS : (((1 << count) - 1) << first) >>> 0;
}
