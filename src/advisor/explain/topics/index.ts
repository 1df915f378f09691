import type { Topic } from '../explanation.ts';
import { cacheCleanInterval, cacheSize, l2CacheEntrySize, l2CacheSize, refcountCacheSize } from './caches.ts';
import {
  detectZeroes,
  discard,
  discardNoUnref,
  passDiscardOther,
  passDiscardRequest,
  passDiscardSnapshot,
} from './discards.ts';
import { encryptionTopics } from './encryption.ts';
import { backingFile, backingFormat, dataFile, dataFileRaw, extentSizeHint, keepDataFile, nocow } from './files.ts';
import { aio, cache, cacheDirect, cacheNoFlush, cacheWriteback } from './host.ts';
import { overlapCheck, overlapSingles, overlapTemplate } from './overlap.ts';
import { clusterSize, extendedL2, preallocation } from './shape.ts';
import { compat, compressionType, lazyRefcountsCreate, lazyRefcountsDrive, refcountBits } from './tables.ts';

/** What is taught of each setting of the catalogue, by QEMU's name. */
export const topics: Readonly<Record<string, Topic>> = {
  cluster_size: clusterSize,
  extended_l2: extendedL2,
  preallocation,
  refcount_bits: refcountBits,
  lazy_refcounts: lazyRefcountsCreate,
  compat,
  compression_type: compressionType,
  data_file: dataFile,
  data_file_raw: dataFileRaw,
  keep_data_file: keepDataFile,
  backing_file: backingFile,
  backing_fmt: backingFormat,
  nocow,
  extent_size_hint: extentSizeHint,
  ...encryptionTopics,
  'l2-cache-size': l2CacheSize,
  'l2-cache-entry-size': l2CacheEntrySize,
  'refcount-cache-size': refcountCacheSize,
  'cache-size': cacheSize,
  'cache-clean-interval': cacheCleanInterval,
  'lazy-refcounts': lazyRefcountsDrive,
  'overlap-check': overlapCheck,
  'overlap-check.template': overlapTemplate,
  ...overlapSingles,
  'pass-discard-request': passDiscardRequest,
  'pass-discard-snapshot': passDiscardSnapshot,
  'pass-discard-other': passDiscardOther,
  'discard-no-unref': discardNoUnref,
  discard,
  'detect-zeroes': detectZeroes,
  cache,
  'cache.writeback': cacheWriteback,
  'cache.direct': cacheDirect,
  'cache.no-flush': cacheNoFlush,
  aio,
};
