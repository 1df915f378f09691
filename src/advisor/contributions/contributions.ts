import { UsageError } from '../../errors.ts';
import type { SettingScope, SettingValue, SettingValues } from '../../settings/configuration.ts';
import { validateConfiguration } from '../../settings/validate.ts';
import type { AdviceRequest } from '../advice-request.ts';
import type { Outlook } from '../outlook.ts';
import type { Prediction } from '../prediction.ts';
import type { Proposal, ProposalSettings } from '../proposal.ts';

/** What one setting does, all else being equal. */
export interface SettingEffect {
  /** How many times as fast it makes the disk. */
  readonly speedRatio: Prediction;
  /** What it adds to the caches, bytes; below 0 where it saves. */
  readonly memoryBytes: number;
  /** What it adds to the host bytes per byte stored; below 0 where it saves. */
  readonly spaceAmplification: number;
}

/**
 * What one setting of a recommendation contributes. Settings act on each other, so it is told from both ends: the sum over settings of either
 * column is not the whole.
 */
export interface Contribution {
  readonly scope: SettingScope;
  readonly setting: string;
  readonly value: SettingValue;
  /** As the only change from the defaults; absent where QEMU does not take it alone. */
  readonly alone?: SettingEffect;
  /** On top of all other recommended settings; absent where QEMU does not take those without it. */
  readonly last?: SettingEffect;
}

/** One for each setting in which a recommendation differs from the defaults, under the requests that the outlook is of. */
export function contributionsOf(
  request: AdviceRequest,
  outlook: Outlook,
  recommended: ProposalSettings,
  baseline: ProposalSettings,
): readonly Contribution[] {
  const [pick, defaults] = outlook.predict([recommended, baseline]) as [Proposal, Proposal];
  const predict = (settings: ProposalSettings): Proposal | undefined => {
    try {
      const { diskBytes, hasBacking, qemu } = request;
      const context = { diskBytes, hasBacking, ...(qemu === undefined ? {} : { qemu }) };
      validateConfiguration({ label: '', ...settings }, context);
      return outlook.predict([settings])[0];
    } catch (error) {
      if (error instanceof UsageError) return undefined;
      throw error;
    }
  };
  const effect = (head: Proposal | undefined, base: Proposal | undefined): SettingEffect | undefined =>
    head &&
    base && {
      speedRatio: outlook.ratio(head, base),
      memoryBytes: head.memoryBytes - base.memoryBytes,
      spaceAmplification: head.spaceAmplification.value - base.spaceAmplification.value,
    };
  return changes(recommended, baseline).map(({ scope, setting, value }) => {
    const alone = effect(predict(withValue(baseline, scope, setting, value)), defaults);
    const last = effect(pick, predict(withValue(recommended, scope, setting, baseline[scope][setting])));
    return { scope, setting, value, ...(alone ? { alone } : {}), ...(last ? { last } : {}) };
  });
}

function changes(recommended: ProposalSettings, baseline: ProposalSettings) {
  return (['create', 'drive'] as const).flatMap((scope) =>
    Object.entries(recommended[scope])
      .filter(([setting, value]) => baseline[scope][setting] !== value)
      .map(([setting, value]) => ({ scope, setting, value })),
  );
}

/** The settings with one of them changed, or left to QEMU. */
function withValue(
  settings: ProposalSettings,
  scope: SettingScope,
  setting: string,
  value: SettingValue | undefined,
): ProposalSettings {
  const { [setting]: _, ...others } = settings[scope];
  const changed: SettingValues = value === undefined ? others : { ...others, [setting]: value };
  return { ...settings, [scope]: changed };
}
