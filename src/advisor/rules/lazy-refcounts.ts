import type { Rule } from '../rule.ts';
import { cannotSay, isGiven } from './situation.ts';

/** Saves one table write per flush, for a full check of the image after every crash. */
export const lazyRefcountsRule: Rule = {
  id: 'lazy-refcounts',
  setting: 'lazy_refcounts',
  explain({ request, proposal }) {
    const { create, drive } = proposal.settings;
    const source = 'QEMU docs/interop/qcow2.txt, "Dirty bit"; block/qcow2.c, qcow2_mark_dirty';
    if (create.lazy_refcounts === true || drive['lazy-refcounts'] === true) {
      return {
        setting: create.lazy_refcounts === true ? 'lazy_refcounts' : 'lazy-refcounts',
        because:
          'This workload allocates and flushes: each such flush then writes no refcount block, and waits for the disk once instead of twice.',
        source,
        costs:
          'After a crash of the host QEMU checks the whole image when it opens it for writing, which takes as long as reading all of its tables. No data is lost.',
      };
    }
    const unsaid = isGiven(request)
      ? cannotSay(request, 'drive', 'lazy-refcounts')
      : cannotSay(request, 'create', 'lazy_refcounts');
    return {
      setting: 'lazy_refcounts',
      because:
        (unsaid === undefined ? '' : `${unsaid} `) +
        'Left off: it saves the refcount block at each flush, but after a crash of the host the whole image is checked before it opens again. Worth it where nearly every write allocates and is flushed.',
      source,
    };
  },
};
