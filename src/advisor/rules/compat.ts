import type { Rule } from '../rule.ts';
import { cannotSay, isGiven } from './situation.ts';

/** Version 3 of the format is the default and the one that everything here needs. */
export const compatRule: Rule = {
  id: 'compat',
  setting: 'compat',
  explain({ request, proposal }) {
    const setting = 'compat';
    const source = 'QEMU docs/interop/qcow2.txt, "Header"';
    if (proposal.settings.create.compat === '0.10') {
      return {
        setting,
        because:
          'Version 2 of the format: zeroes over a backing file are stored as data, and trims there are dropped. `qemu-img amend -o compat=1.1` brings the image to version 3 in place, with the guest stopped.',
        source,
      };
    }
    if (isGiven(request)) return undefined;
    const unsaid = cannotSay(request, 'create', setting);
    return {
      setting,
      because: `Left at 1.1 (version 3), QEMU's default since 1.7: zero clusters${proposal.geometry.extendedL2 ? ' and extended_l2' : ''} need it. Images with compat=0.10 are for QEMU before 1.1 only.${unsaid === undefined ? '' : ` ${unsaid}`}`,
      source,
    };
  },
};
