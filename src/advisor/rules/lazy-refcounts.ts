import type { Rule } from '../rule.ts';

/** Saves one table write per flush, for a full check of the image after every crash. */
export const lazyRefcountsRule: Rule = {
  id: 'lazy-refcounts',
  setting: 'lazy_refcounts',
  explain() {
    return {
      setting: 'lazy_refcounts',
      because:
        'Left off: it saves the refcount block at each flush, but after a crash of the host the whole image is checked before it opens again. Worth it only with cache=writethrough or directsync.',
      source: 'QEMU docs/interop/qcow2.txt, "Dirty bit"; block/qcow2.c, qcow2_mark_dirty',
    };
  },
};
