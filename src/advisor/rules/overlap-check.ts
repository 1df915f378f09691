import { formatCount } from '../../units/rate.ts';
import type { Rule } from '../rule.ts';

/** Length of the L1 table from which walking it before each write begins to show; chosen: 16,384 entries are 8 TiB at 64 KiB. */
const longTableEntryCount = 16_384;

/** The default checks guard against a damaged image writing over its own tables. */
export const overlapCheckRule: Rule = {
  id: 'overlap-check',
  setting: 'overlap-check',
  explain({ proposal }) {
    const count = proposal.geometry.l1EntryCount;
    const source = 'QEMU block/qcow2-refcount.c, qcow2_check_metadata_overlap; qcow2 options since 1.7';
    const template = proposal.settings.drive['overlap-check'];
    if (template !== undefined && template !== 'cached') {
      return {
        setting: 'overlap-check',
        because:
          template === 'all'
            ? 'Each write is also checked against the tables of the snapshots, which are read from disk for it.'
            : `Each write is checked less than by default (${formatCount(count)} L1 entries are not looked through).`,
        source,
        ...(template === 'all' ? {} : { costs: 'Damage in the tables spreads further before it is noticed.' }),
      };
    }
    return {
      setting: 'overlap-check',
      because:
        count < longTableEntryCount
          ? `Left at "cached": each write looks through ${formatCount(count)} L1 entries in memory, which is not measurable, and a damaged image is caught.`
          : `Left at "cached", but each write looks through ${formatCount(count)} L1 entries: larger clusters make that shorter, overlap-check.active-l2=off skips it at the risk of not noticing a damaged image.`,
      source,
    };
  },
};
