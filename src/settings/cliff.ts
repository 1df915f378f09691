import { computeGeometry, type Geometry } from '../qcow2/geometry.ts';
import { maximumClusterBytes, maximumL1Bytes, minimumExtendedClusterBytes, tableEntryBytes } from '../qcow2/limits.ts';
import { computeCacheSizes, coverageLimitBytes } from './cache-sizing.ts';
import type { SettingValues } from './configuration.ts';
import { geometryOf } from './resolve.ts';

/** How far QEMU's default caches reach at one cluster size. */
export interface CliffRow {
  readonly clusterBytes: number;
  /** The largest disk that the format allows, or the largest that qtune counts (8 PiB less a byte). */
  readonly maximumDiskBytes: number;
  /** The largest disk that the default L2 cache covers whole. */
  readonly coverageLimitBytes: number;
  /** L2 cache that covers this disk; undefined where the format does not allow so large a disk. */
  readonly l2FullCoverageBytes: number | undefined;
  /** Share of this disk that the default L2 cache covers, 0…1; undefined as above. */
  readonly coveredRatio: number | undefined;
}

/** Cluster sizes of the table: from 4 KiB up, and the configuration's own where it is smaller. */
const smallestClusterBytes = 4096;

/** The cliff at every cluster size, for a disk of this size under QEMU's default caches. */
export function cliffByClusterSize(diskBytes: number, create: SettingValues): CliffRow[] {
  const { extendedL2, refcountBits, clusterBytes: own } = geometryOf(diskBytes, create);
  const first = Math.min(own, extendedL2 ? minimumExtendedClusterBytes : smallestClusterBytes);
  const rows: CliffRow[] = [];
  for (let clusterBytes = first; clusterBytes <= maximumClusterBytes; clusterBytes *= 2) {
    const geometry = computeGeometry({ diskBytes, clusterBytes, extendedL2, refcountBits });
    const fits = geometry.l1Bytes <= maximumL1Bytes;
    rows.push({
      clusterBytes,
      maximumDiskBytes: Math.min(
        Number.MAX_SAFE_INTEGER,
        (maximumL1Bytes / tableEntryBytes) * geometry.l2TableCoverageBytes,
      ),
      coverageLimitBytes: coverageLimitBytes(geometry, {}),
      l2FullCoverageBytes: fits ? geometry.l2FullCoverageBytes : undefined,
      coveredRatio: fits ? computeCacheSizes(geometry, {}).coveredRatio : undefined,
    });
  }
  return rows;
}

/** Share of the disk that the L2 cache covers, at one disk size; 0…1. */
export interface CliffPoint {
  readonly diskBytes: number;
  /** Under QEMU's default caches. */
  readonly coveredRatio: number;
  /** Under the given run-time settings. */
  readonly settingsCoveredRatio: number;
}

/** Coverage of disks of the given sizes, by default and under the settings of one configuration. */
export function cliffByDiskSize(
  disks: readonly number[],
  create: SettingValues,
  drive: SettingValues,
): readonly CliffPoint[] {
  return disks.map((diskBytes) => {
    const geometry = geometryOf(diskBytes, create);
    return {
      diskBytes,
      coveredRatio: computeCacheSizes(geometry, {}).coveredRatio,
      settingsCoveredRatio: computeCacheSizes(geometry, drive).coveredRatio,
    };
  });
}

/**
 * Disk sizes for a chart of the cliff: powers of two from two doublings below the smallest of disk and limits to two above the
 * largest; at most `maximumCount`, the largest ones.
 */
export function disksAroundCliff(
  geometry: Geometry,
  limitsBytes: readonly number[],
  maximumCount = 12,
): readonly number[] {
  const steps = [geometry.diskBytes, ...limitsBytes].map((bytes) => Math.ceil(Math.log2(Math.max(1, bytes))));
  const most = Math.log2(Math.min(2 ** 52, (maximumL1Bytes / tableEntryBytes) * geometry.l2TableCoverageBytes));
  const last = Math.min(Math.floor(most), Math.max(...steps) + 2);
  const first = Math.max(20, Math.min(...steps) - 2, last - maximumCount + 1);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => 2 ** (first + index));
}
