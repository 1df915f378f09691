import { computeGeometry, type Geometry } from '../../qcow2/geometry.ts';
import { maximumClusterBytes } from '../../qcow2/limits.ts';
import {
  type CacheSizes,
  computeCacheSizes,
  defaultL2CacheMaximumBytes,
  minimumRefcountTableCount,
} from '../../settings/cache-sizing.ts';
import type { SettingValues } from '../../settings/configuration.ts';
import type { DescribedDisk } from '../../settings/described-disk.ts';
import { exactBytes, formatBytes } from '../../units/bytes.ts';
import { formatRatio } from '../../units/rate.ts';
import type { Finding } from './finding.ts';

const sizing = 'QEMU block/qcow2.c, read_cache_sizes; docs/qcow2-cache.txt';

/** What is known of a disk's caches. */
export interface CacheCase {
  readonly geometry: Geometry;
  readonly drive: SettingValues;
  /** L2 tables that are there now; undefined where they were not counted. */
  readonly l2TableCount?: number;
  /** Where the caches are set, which is how the remedy is said. */
  readonly place: DescribedDisk['place'];
}

/**
 * Whether the L2 cache covers the disk, and whether more than it can use was given.
 * @throws UsageError with QEMU's text where the sizes contradict each other
 */
export function cacheFindings(disk: CacheCase): readonly Finding[] {
  const { geometry, drive } = disk;
  if (geometry.diskBytes === 0) return [];
  const cache = computeCacheSizes(geometry, drive);
  return [...cliff(disk, cache), ...surplus(disk, cache)];
}

function cliff({ geometry, drive, l2TableCount, place }: CacheCase, cache: CacheSizes): readonly Finding[] {
  if (cache.coveredBytes >= geometry.diskBytes) return [];
  const own = ['l2-cache-size', 'cache-size', 'refcount-cache-size'].some((name) => name in drive);
  const neededNow = l2TableCount === undefined ? undefined : l2TableCount * geometry.clusterBytes;
  const enoughNow = neededNow !== undefined && neededNow <= cache.l2Bytes;
  const now = neededNow === undefined ? '' : tablesText(l2TableCount ?? 0, neededNow);
  return [
    {
      severity: enoughNow ? 'note' : 'warning',
      code: 'cache-cliff',
      message: `${own ? 'The L2 cache that is set' : "QEMU's default L2 cache"}, ${formatBytes(cache.l2Bytes)}, covers ${formatBytes(cache.coveredBytes)} of the ${formatBytes(geometry.diskBytes)} disk (${formatRatio(cache.coveredRatio)}).${now}`,
      meaning: enoughNow
        ? 'It holds all tables so far; once the guest has used more of the disk, requests to the rest first read a table.'
        : `A request to the rest first reads ${formatBytes(cache.l2EntryBytes)} of an L2 table, which makes random I/O several times slower.`,
      remedy: `${sizeRemedy(geometry, place)} It takes up to ${formatBytes(geometry.l2FullCoverageBytes)} of memory.${conversion(geometry)}`,
      source: sizing,
    },
  ];
}

function tablesText(count: number, bytes: number): string {
  if (count === 0) return ' No L2 table is there yet.';
  return count === 1
    ? ` The one L2 table that is there now takes ${formatBytes(bytes)}.`
    : ` The ${count} L2 tables that are there now take ${formatBytes(bytes)}.`;
}

/** Caches from here on are worth a conversion to larger clusters, bytes. */
const dearCacheBytes = 512 * 1024 ** 2;

/** The smallest clusters whose tables the default cache holds, or else the largest there are. */
function conversion(geometry: Geometry): string {
  if (geometry.l2FullCoverageBytes < dearCacheBytes) return '';
  let larger = geometry;
  while (larger.clusterBytes < maximumClusterBytes && larger.l2FullCoverageBytes > defaultL2CacheMaximumBytes) {
    larger = computeGeometry({ ...geometry, clusterBytes: larger.clusterBytes * 2 });
  }
  if (larger === geometry) return '';
  return ` With cluster_size=${exactBytes(larger.clusterBytes)} (qemu-img convert) ${formatBytes(larger.l2FullCoverageBytes)} would do.`;
}

/** How the cache that covers the disk is said in the place at hand. */
function sizeRemedy({ l2FullCoverageBytes, clusterBytes }: Geometry, place: DescribedDisk['place']): string {
  if (place === 'drive') return `Add l2-cache-size=${exactBytes(l2FullCoverageBytes)} to its -drive.`;
  if (place === 'blockdev') return `Set "l2-cache-size": ${l2FullCoverageBytes} on the qcow2 node.`;
  const both = l2FullCoverageBytes + minimumRefcountTableCount * clusterBytes;
  return `Set max_size of its <metadata_cache> to ${both} bytes (libvirt 7.0).`;
}

/** From here on it is worth saying that memory is given away, bytes. */
const noticeableSurplusBytes = 1024 ** 2;

function surplus({ geometry, drive, place }: CacheCase, cache: CacheSizes): readonly Finding[] {
  const total = drive['cache-size'];
  const l2 = drive['l2-cache-size'];
  const refcountLeast = minimumRefcountTableCount * geometry.clusterBytes;
  if (typeof total === 'number' && l2 === undefined && cache.refcountBytes - refcountLeast >= noticeableSurplusBytes) {
    const useful = geometry.l2FullCoverageBytes + refcountLeast;
    return [
      {
        severity: 'note',
        code: 'cache-surplus',
        message: `Of the ${formatBytes(total)} for both caches, ${formatBytes(cache.refcountBytes)} go to the refcount cache: the L2 cache can use only ${formatBytes(geometry.l2FullCoverageBytes)}.`,
        meaning:
          'The refcount cache is for allocating writes and snapshots; more than its least, 4 clusters, seldom helps.',
        remedy: `${formatBytes(useful)} (${useful} bytes) are enough for this disk${place === 'libvirt' ? ': make max_size that' : ''}.`,
        source: sizing,
      },
    ];
  }
  if (typeof l2 === 'number' && l2 - geometry.l2FullCoverageBytes >= noticeableSurplusBytes) {
    return [
      {
        severity: 'note',
        code: 'cache-surplus',
        message: `l2-cache-size is ${formatBytes(l2)}, and this disk can use ${formatBytes(geometry.l2FullCoverageBytes)}.`,
        meaning: 'QEMU takes no more than it can use; the rest of the number means nothing until the disk grows.',
        remedy: '',
        source: sizing,
      },
    ];
  }
  return [];
}
