import type { Rule } from '../rule.ts';

/** Version 3 of the format is the default and the one that everything here needs. */
export const compatRule: Rule = {
  id: 'compat',
  setting: 'compat',
  explain({ proposal }) {
    return {
      setting: 'compat',
      because: `Left at 1.1 (version 3), QEMU's default since 1.7: zero clusters${proposal.geometry.extendedL2 ? ' and extended_l2' : ''} need it. Images with compat=0.10 are for QEMU before 1.1 only.`,
      source: 'QEMU docs/interop/qcow2.txt, "Header"',
    };
  },
};
