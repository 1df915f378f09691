import { missesAt } from '../disk-state.ts';
import type { Fleet } from '../fleet.ts';
import { forEachGroup } from '../survey.ts';

/** Disks of one workload, shape of metadata and order of size, for a table of the split. Bytes of cache are of one disk. */
export interface DiskClass {
  readonly workload: string;
  readonly clusterBytes: number;
  readonly extendedL2: boolean;
  diskCount: number;
  smallestDiskBytes: number;
  largestDiskBytes: number;
  smallestCacheBytes: number;
  largestCacheBytes: number;
  /** L2 caches of all of them, today and under the split. */
  todayL2Bytes: number;
  l2Bytes: number;
  missesPerSecond: number;
  todayMissesPerSecond: number;
  /** The group that takes most memory, as an example. */
  exampleGroup: number;
  exampleBytes: number;
}

/** Bits of a cluster size and of a disk size. */
const clusterBits = 32;
const diskBits = 54;

/** The classes of a fleet, those that take the most memory first. */
export function classesOf(fleet: Fleet, cacheBytes: Float64Array): readonly DiskClass[] {
  const classes = new Map<number, DiskClass>();
  forEachGroup(fleet, (facts, state, group) => {
    const { count, diskBytes, clusterBytes, extendedL2, curve: curveNumber } = facts;
    const curve = fleet.curves.at(curveNumber);
    const shape = (31 - Math.clz32(clusterBytes)) * 2 + (extendedL2 ? 1 : 0);
    const key = (curveNumber * clusterBits * 2 + shape) * diskBits + Math.ceil(Math.log2(diskBytes));
    const cache = cacheBytes[group] as number;
    let one = classes.get(key);
    if (one === undefined) {
      one = emptyClass(curve.name, clusterBytes, extendedL2);
      classes.set(key, one);
    }
    one.diskCount += count;
    one.smallestDiskBytes = Math.min(one.smallestDiskBytes, diskBytes);
    one.largestDiskBytes = Math.max(one.largestDiskBytes, diskBytes);
    one.smallestCacheBytes = Math.min(one.smallestCacheBytes, cache);
    one.largestCacheBytes = Math.max(one.largestCacheBytes, cache);
    one.todayL2Bytes += count * state.l2Bytes;
    one.l2Bytes += count * cache;
    one.todayMissesPerSecond += count * missesAt(facts, state, curve, state.l2Bytes);
    one.missesPerSecond += count * missesAt(facts, state, curve, cache);
    if (count * cache > one.exampleBytes) {
      one.exampleBytes = count * cache;
      one.exampleGroup = group;
    }
  });
  return [...classes.values()].sort(
    (left, right) => right.l2Bytes - left.l2Bytes || left.exampleGroup - right.exampleGroup,
  );
}

function emptyClass(workload: string, clusterBytes: number, extendedL2: boolean): DiskClass {
  return {
    workload,
    clusterBytes,
    extendedL2,
    diskCount: 0,
    smallestDiskBytes: Number.POSITIVE_INFINITY,
    largestDiskBytes: 0,
    smallestCacheBytes: Number.POSITIVE_INFINITY,
    largestCacheBytes: 0,
    todayL2Bytes: 0,
    l2Bytes: 0,
    missesPerSecond: 0,
    todayMissesPerSecond: 0,
    exampleGroup: 0,
    exampleBytes: 0,
  };
}
