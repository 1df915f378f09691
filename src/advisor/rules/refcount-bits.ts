import { formatBytes } from '../../units/bytes.ts';
import type { Rule } from '../rule.ts';
import { isGiven } from './situation.ts';

/** The width matters for how many internal snapshots fit, hardly for speed. */
export const refcountBitsRule: Rule = {
  id: 'refcount-bits',
  setting: 'refcount_bits',
  explain({ request, proposal }) {
    if (isGiven(request)) return undefined;
    const { refcountBits, refcountBlockCoverageBytes } = proposal.geometry;
    const source = 'QEMU docs/interop/qcow2.txt, "Host cluster management"';
    return {
      setting: 'refcount_bits',
      because: `${refcountBits === 16 ? 'Left at 16' : String(refcountBits)}: a block counts ${formatBytes(refcountBlockCoverageBytes)} of the file, and is read that seldom; the width only limits internal snapshots.`,
      source,
    };
  },
};
