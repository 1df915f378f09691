import { UsageError } from '../errors.ts';
import type { Geometry } from '../qcow2/geometry.ts';
import { minimumClusterBytes } from '../qcow2/limits.ts';
import type { SettingValues } from './configuration.ts';

/** QEMU's limit on the default L2 cache on Linux; 8 MiB on other systems. */
export const defaultL2CacheMaximumBytes = 32 * 1024 ** 2;
/** QEMU's entry size where the cache cannot hold every table, unless clusters are smaller. */
export const defaultPartialEntryBytes = 4096;
/** Entries that the L2 cache has at least. */
export const minimumL2EntryCount = 2;
/** Refcount blocks that the refcount cache has at least. */
export const minimumRefcountTableCount = 4;
const maximumEntryCount = 2 ** 31 - 1;

/** The two metadata caches that QEMU sets up for one image. Sizes are bytes of memory; QEMU touches them as it fills them. */
export interface CacheSizes {
  /** L2 cache that holds every L2 table of the disk; more is never used. */
  readonly l2FullCoverageBytes: number;
  /** L2 cache that QEMU sets up: `l2EntryCount` entries of `l2EntryBytes`. */
  readonly l2Bytes: number;
  /** Bytes read at an L2 miss and written back for a dirty entry. */
  readonly l2EntryBytes: number;
  readonly l2EntryCount: number;
  /** Refcount cache that QEMU sets up: `refcountTableCount` blocks of one cluster. */
  readonly refcountBytes: number;
  readonly refcountTableCount: number;
  /** Guest bytes whose mapping the L2 cache holds at once, at most the disk. */
  readonly coveredBytes: number;
  /** `coveredBytes` over the disk, 0…1; 1 for an empty disk. */
  readonly coveredRatio: number;
}

/** What is said about the caches, before QEMU's limits; bytes. */
interface AskedSizes {
  readonly l2?: number;
  readonly refcount?: number;
  readonly total?: number;
  readonly entry?: number;
}

/**
 * The caches that QEMU 4.2 and later on Linux sets up for an image under the given run-time settings.
 *
 * 1 TiB with 64 KiB clusters under the defaults: 32 MiB of L2 cache in 8,192 entries of 4 KiB cover 256 GiB, a quarter.
 * @throws UsageError with QEMU's text for sizes that contradict each other, a bad entry size and caches of more than 2^31−1 entries
 * @source QEMU block/qcow2.c: read_cache_sizes, qcow2_update_options_prepare (7.2.0; same in 10.0); docs/qcow2-cache.txt
 */
export function computeCacheSizes(geometry: Geometry, drive: SettingValues): CacheSizes {
  const { clusterBytes, diskBytes, l2FullCoverageBytes } = geometry;
  const asked = askedSizes(drive);
  const { l2, refcount } = shareOut(asked, l2FullCoverageBytes, minimumRefcountTableCount * clusterBytes);
  const partial = l2 < l2FullCoverageBytes;
  const l2EntryBytes = asked.entry ?? (partial ? Math.min(clusterBytes, defaultPartialEntryBytes) : clusterBytes);
  if (l2EntryBytes < minimumClusterBytes || l2EntryBytes > clusterBytes || !Number.isInteger(Math.log2(l2EntryBytes))) {
    throw new UsageError(
      `L2 cache entry size must be a power of two between ${minimumClusterBytes} and the cluster size (${clusterBytes})`,
      { hint: `l2-cache-entry-size is ${l2EntryBytes}.` },
    );
  }
  const l2EntryCount = Math.max(minimumL2EntryCount, Math.floor(l2 / l2EntryBytes));
  if (l2EntryCount > maximumEntryCount) {
    throw new UsageError('L2 cache size too big', {
      hint: 'Make l2-cache-size smaller or l2-cache-entry-size larger.',
    });
  }
  const refcountTableCount = Math.max(minimumRefcountTableCount, Math.floor(refcount / clusterBytes));
  if (refcountTableCount > maximumEntryCount) {
    throw new UsageError('Refcount cache size too big', { hint: 'Make refcount-cache-size or cache-size smaller.' });
  }
  const coverage = l2EntryCount * (l2EntryBytes / geometry.l2EntryBytes) * clusterBytes;
  const coveredBytes = Math.min(diskBytes, coverage);
  return {
    l2FullCoverageBytes,
    l2Bytes: l2EntryCount * l2EntryBytes,
    l2EntryBytes,
    l2EntryCount,
    refcountBytes: refcountTableCount * clusterBytes,
    refcountTableCount,
    coveredBytes,
    coveredRatio: diskBytes === 0 ? 1 : coveredBytes / diskBytes,
  };
}

/**
 * The largest disk whose mapping fits whole into the L2 cache under these settings: QEMU's cliff, beyond which random I/O has to
 * read tables. 64 KiB clusters under the defaults: 256 GiB.
 * @throws UsageError for sizes that contradict each other
 */
export function coverageLimitBytes(geometry: Geometry, drive: SettingValues): number {
  const { clusterBytes } = geometry;
  const asked = askedSizes(drive);
  const refcountMinimum = minimumRefcountTableCount * clusterBytes;
  const unlimited = Number.MAX_SAFE_INTEGER;
  const alone = asked.total !== undefined && asked.l2 === undefined && asked.refcount === undefined;
  const l2 = alone
    ? Math.max(0, (asked.total ?? 0) - refcountMinimum)
    : Math.max(0, shareOut(asked, unlimited, refcountMinimum).l2);
  const entry = asked.entry ?? Math.min(clusterBytes, defaultPartialEntryBytes);
  const count = Math.max(minimumL2EntryCount, Math.floor(l2 / entry));
  return count * (entry / geometry.l2EntryBytes) * clusterBytes;
}

function askedSizes(drive: SettingValues): AskedSizes {
  const size = (name: string) => (typeof drive[name] === 'number' ? drive[name] : undefined);
  const [l2, refcount, total, entry] = [
    size('l2-cache-size'),
    size('refcount-cache-size'),
    size('cache-size'),
    size('l2-cache-entry-size'),
  ];
  return {
    ...(l2 === undefined ? {} : { l2 }),
    ...(refcount === undefined ? {} : { refcount }),
    ...(total === undefined ? {} : { total }),
    ...(entry === undefined ? {} : { entry }),
  };
}

/** Splits what was asked for between the two caches, as QEMU does; bytes, before the minimum of either. */
function shareOut(
  asked: AskedSizes,
  l2Maximum: number,
  refcountMinimum: number,
): { readonly l2: number; readonly refcount: number } {
  const { total } = asked;
  const l2 = Math.min(l2Maximum, asked.l2 ?? defaultL2CacheMaximumBytes);
  const refcount = asked.refcount ?? 0;
  if (total === undefined) return { l2, refcount };
  if (asked.l2 !== undefined && asked.refcount !== undefined) {
    throw new UsageError('cache-size, l2-cache-size and refcount-cache-size may not be set at the same time', {
      hint: 'Leave one of the three out.',
    });
  }
  if (asked.l2 !== undefined && asked.l2 > total) throw new UsageError('l2-cache-size may not exceed cache-size');
  if (refcount > total) throw new UsageError('refcount-cache-size may not exceed cache-size');
  if (asked.l2 !== undefined) return { l2, refcount: total - l2 };
  if (asked.refcount !== undefined) return { l2: total - refcount, refcount };
  if (total >= l2Maximum + refcountMinimum) return { l2: l2Maximum, refcount: total - l2Maximum };
  const forRefcounts = Math.min(total, refcountMinimum);
  return { l2: total - forRefcounts, refcount: forRefcounts };
}
