import type { Rule } from '../rule.ts';
import { cannotSay } from './situation.ts';

/** Worth its look at every byte only where a guest writes zeroes in place of trims. */
export const detectZeroesRule: Rule = {
  id: 'detect-zeroes',
  setting: 'detect-zeroes',
  explain({ request, proposal }) {
    const source = 'QEMU block/io.c, bdrv_aligned_pwritev; qapi/block-core.json, BlockdevDetectZeroesOptions';
    const value = proposal.settings.drive['detect-zeroes'];
    if (value !== undefined && value !== 'off') {
      return {
        setting: 'detect-zeroes',
        because: 'Writes of whole clusters of zeroes become a mark in the L2 table and take no space.',
        source,
        costs: 'Every written byte is looked at until one is not zero.',
      };
    }
    const unsaid = cannotSay(request, 'drive', 'detect-zeroes');
    return {
      setting: 'detect-zeroes',
      because:
        unsaid ??
        'Left off: data is taken to be other than zero; it is for guests that overwrite freed space with zeroes because they cannot trim.',
      source,
    };
  },
};
