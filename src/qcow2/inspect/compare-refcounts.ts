import { hex } from '../damage.ts';
import type { ImageHeader } from '../header.ts';
import type { ImageSource } from '../image-source.ts';
import type { ClusterCounts } from './cluster-counts.ts';
import type { DamageList } from './damage-list.ts';

/**
 * Compares the refcount of every cluster with how often it is referred to. A refcount that is too high is space lost; one that is too
 * low means that QEMU would hand the cluster out again while it is in use.
 * @param damage absent where only the clusters in use are to be counted
 * @source QEMU block/qcow2-refcount.c, compare_refcounts (7.2.0)
 */
export function compareRefcounts(
  source: ImageSource,
  { clusterBytes }: ImageHeader,
  references: ClusterCounts,
  refcounts: ClusterCounts,
  damage: DamageList | undefined,
): { readonly usedClusterCount: number } {
  let usedClusterCount = 0;
  for (const [first, counts] of refcounts.pieces()) {
    for (let index = 0; index < counts.length; index++) {
      const refcount = counts[index] as number;
      if (refcount === 0) continue;
      usedClusterCount++;
      const used = references.get(first + index);
      if (damage !== undefined && refcount > used) {
        const at = hex((first + index) * clusterBytes);
        damage.add('leak', () => `the cluster at ${at} has refcount ${refcount}, but references to it: ${used}`);
      }
    }
  }
  if (damage === undefined) return { usedClusterCount };
  for (const [first, counts] of references.pieces()) {
    for (let index = 0; index < counts.length; index++) {
      const used = counts[index] as number;
      const refcount = used === 0 ? 0 : refcounts.get(first + index);
      if (used <= refcount) continue;
      const at = (first + index) * clusterBytes;
      if (at >= source.lengthBytes) continue;
      damage.add(
        'refcount-too-low',
        () => `the cluster at ${hex(at)} has refcount ${refcount}, but references to it: ${used}`,
      );
    }
  }
  return { usedClusterCount };
}
