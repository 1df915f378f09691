import { formatBytes } from '../../units/bytes.ts';
import type { Rule } from '../rule.ts';
import { cannotSay } from './situation.ts';

/** Without `discard=unmap` QEMU ignores what the guest trims, and the file never shrinks. */
export const discardRule: Rule = {
  id: 'discard',
  setting: 'discard',
  adds({ request }) {
    const wanted = request.priority === 'space' && request.traits.trims;
    return wanted && cannotSay(request, 'drive', 'discard') === undefined ? { discard: 'unmap' } : {};
  },
  explain({ request, proposal }) {
    const source = 'QEMU block.c, discard=ignore by default; block/qcow2-cluster.c, discard_in_l2_slice';
    const unit = formatBytes(proposal.geometry.clusterBytes);
    if (proposal.settings.drive.discard === 'unmap') {
      return {
        setting: 'discard',
        because: `Clusters that the guest trims go back to the host, in whole clusters of ${unit}; by default they stay.`,
        source,
        costs: 'Freed clusters are filled again in another order, so the file fragments.',
      };
    }
    if (!request.traits.trims) return undefined;
    const unsaid = cannotSay(request, 'drive', 'discard');
    if (unsaid !== undefined) return { setting: 'discard', because: unsaid, source };
    return {
      setting: 'discard',
      because: `Not part of the comparison: add discard=unmap where the guest trims and the host's space matters; it frees whole clusters of ${unit}.`,
      source,
    };
  },
};
