import { UsageError } from '../../errors.ts';
import type { AdviceRequest } from '../advice-request.ts';
import { fitsMemory } from '../choose.ts';
import type { Foresight, Outlook, Prospect } from '../outlook.ts';
import type { Prediction } from '../prediction.ts';
import { type Proposal, sameSettings } from '../proposal.ts';
import { type Scenario, scenariosOf } from './scenarios.ts';

/** What a recommendation is worth if things turn out differently. */
export interface Sensitivity {
  readonly id: Scenario['id'];
  /** To be read after "if". */
  readonly title: string;
  /** The same settings there, as far as they can be had. */
  readonly recommended: Proposal;
  readonly baseline: Proposal;
  /** How many times the speed of the defaults. */
  readonly speedRatio: Prediction;
  /** What would be recommended then; absent where it is the same, and where nothing can be had. */
  readonly instead?: Proposal;
  /** Whether nothing could be recommended then. */
  readonly isImpossible: boolean;
}

/** Another recommendation is one where it is worth that much more, as a ratio; chosen: as much as the arithmetic tells apart. */
const worthChanging = 1.05;

/** @param today the outlook of the request itself @param pickThere what would be recommended under another request, as a whole */
export function sensitivityOf(
  request: AdviceRequest,
  { recommended, baseline }: { readonly recommended: Proposal; readonly baseline: Proposal },
  today: Outlook,
  foresee: Foresight,
  pickThere: (request: AdviceRequest, prospect: Prospect) => Proposal,
): readonly Sensitivity[] {
  return scenariosOf(request, recommended, baseline).flatMap((scenario) => {
    const asked = [scenario.settings(recommended), scenario.settings(baseline)] as const;
    // What does not fit there is asked of the same disk without a limit.
    const { memoryLimitBytes: _, ...unlimited } = scenario.request;
    const known = scenario.hasSameRequests ? today : undefined;
    const prospect = attempt(() => foresee(scenario.request, asked, known));
    const { outlook } = prospect ?? attempt(() => foresee(unlimited, asked, known)) ?? {};
    if (outlook === undefined) return [];
    const [same, defaults] = outlook.predict(asked) as [Proposal, Proposal];
    const instead = prospect && pickThere(scenario.request, prospect);
    const stays = instead === undefined || isSame(scenario.request, same, instead);
    return [
      {
        ...{ id: scenario.id, title: scenario.title, recommended: same, baseline: defaults },
        speedRatio: outlook.ratio(same, defaults),
        ...(stays ? {} : { instead }),
        isImpossible: prospect === undefined,
      },
    ];
  });
}

function isSame(request: AdviceRequest, same: Proposal, instead: Proposal): boolean {
  if (sameSettings(same.settings, instead.settings)) return true;
  return (
    request.priority === 'speed' && fitsMemory(request, same) && instead.iops.value < same.iops.value * worthChanging
  );
}

function attempt<T>(look: () => T | undefined): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}
