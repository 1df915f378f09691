import { formatBytes } from '../../units/bytes.ts';
import type { Rule } from '../rule.ts';

/** Refcounts are read in order when clusters are allocated; the smallest cache does. */
export const refcountCacheSizeRule: Rule = {
  id: 'refcount-cache-size',
  setting: 'refcount-cache-size',
  explain({ proposal }) {
    const { cache, geometry } = proposal;
    return {
      setting: 'refcount-cache-size',
      because: `Left at QEMU's four blocks, ${formatBytes(cache.refcountTableCount * geometry.clusterBytes)}: allocation walks refcounts in order, so more would not be used, unless internal snapshots are taken often.`,
      source: 'QEMU docs/qcow2-cache.txt, "The refcount cache"',
    };
  },
};
