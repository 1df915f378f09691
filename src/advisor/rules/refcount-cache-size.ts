import { formatBytes } from '../../units/bytes.ts';
import type { Rule } from '../rule.ts';

/** Refcounts are read in order when clusters are allocated; the smallest cache does. */
export const refcountCacheSizeRule: Rule = {
  id: 'refcount-cache-size',
  setting: 'refcount-cache-size',
  explain({ proposal }) {
    const { cache, geometry } = proposal;
    const bytes = proposal.settings.drive['refcount-cache-size'];
    if (typeof bytes === 'number') {
      return {
        setting: 'refcount-cache-size',
        because: `${formatBytes(cache.refcountBytes)} count ${formatBytes(cache.refcountTableCount * geometry.refcountBlockCoverageBytes)} of the file at once, for clusters that are freed or shared all over it.`,
        source: 'QEMU docs/qcow2-cache.txt; block/qcow2-refcount.c, update_refcount',
        costs: 'Memory; for allocation alone four blocks do.',
      };
    }
    return {
      setting: 'refcount-cache-size',
      because: `Left at QEMU's four blocks, ${formatBytes(cache.refcountTableCount * geometry.clusterBytes)}: allocation walks refcounts in order, so more would not be used, unless internal snapshots are taken often or a large file is trimmed all over.`,
      source: 'QEMU docs/qcow2-cache.txt, "The refcount cache"',
    };
  },
};
