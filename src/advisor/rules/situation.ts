import type { SettingScope } from '../../settings/configuration.ts';
import type { AdviceRequest } from '../advice-request.ts';
import { targetLimits } from '../commands/target-limits.ts';
import { expectedMissRatio } from '../prediction.ts';
import type { RuleContext } from '../rule.ts';

/** Why the target cannot be told of a setting, one sentence; undefined where it can. */
export function cannotSay({ target }: AdviceRequest, scope: SettingScope, name: string): string | undefined {
  if (target === undefined) return undefined;
  const limits = targetLimits(target);
  return limits[scope].has(name) ? undefined : `${limits.title} cannot say it: ${sentence(limits.missing[name], name)}`;
}

/** Without the setting's name in front, which the reason begins with anyway. */
function sentence(text: string | undefined, name: string): string {
  return text?.replace(`${name}: `, '') ?? 'it has no word for it.';
}

/** Where create-time settings come from when nobody is asked: an image that exists has them already. */
export function isGiven({ image }: AdviceRequest): boolean {
  return image !== undefined;
}

/** What an image keeps that exists. */
export const onlyConverted = 'Only a conversion changes it.';

/** Recorded guests on small disks needed no more. @source qtune workload study, "What a VM disk does": recorded block traces */
export const recordedSliceCount = 32;

/** What of a hundred requests does besides its own data: figures of this workload. */
export interface ExtraWork {
  /** Read an L2 table first, with the proposal's cache; of 100 requests. */
  readonly misses: number;
  /** Are the first write in their cluster. */
  readonly firstWrites: number;
  readonly flushes: number;
}

export function extraWork({ request, proposal }: RuleContext): ExtraWork {
  const { traits, diskBytes } = request;
  const writes = 100 * (1 - traits.readRatio);
  return {
    misses: 100 * expectedMissRatio(traits, diskBytes, proposal.cache.coveredBytes),
    firstWrites: writes * traits.firstWriteRatio,
    flushes: writes * traits.syncsPerWrite,
  };
}
