import type { Rule } from '../rule.ts';
import { cacheCleanIntervalRule } from './cache-clean-interval.ts';
import { clusterSizeRule } from './cluster-size.ts';
import { compatRule } from './compat.ts';
import { detectZeroesRule } from './detect-zeroes.ts';
import { discardRule } from './discard.ts';
import { extendedL2Rule } from './extended-l2.ts';
import { hostCacheRule } from './host-cache.ts';
import { l2CacheEntrySizeRule } from './l2-cache-entry-size.ts';
import { l2CacheSizeRule } from './l2-cache-size.ts';
import { lazyRefcountsRule } from './lazy-refcounts.ts';
import { overlapCheckRule } from './overlap-check.ts';
import { preallocationRule } from './preallocation.ts';
import { refcountBitsRule } from './refcount-bits.ts';
import { refcountCacheSizeRule } from './refcount-cache-size.ts';

/** Every rule, in the order in which reasons are printed; no rule depends on another. */
export const rules: readonly Rule[] = [
  clusterSizeRule,
  extendedL2Rule,
  preallocationRule,
  l2CacheSizeRule,
  l2CacheEntrySizeRule,
  cacheCleanIntervalRule,
  discardRule,
  lazyRefcountsRule,
  refcountCacheSizeRule,
  overlapCheckRule,
  detectZeroesRule,
  hostCacheRule,
  compatRule,
  refcountBitsRule,
];
