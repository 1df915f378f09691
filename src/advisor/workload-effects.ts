import type { AdviceRequest } from './advice-request.ts';
import { partRequests } from './blend/blend.ts';
import type { Outlook } from './outlook.ts';
import type { Prediction } from './prediction.ts';
import type { Proposal, ProposalSettings } from './proposal.ts';

/** What a recommendation does for one workload of several. */
export interface WorkloadEffect {
  readonly name: string;
  readonly title: string;
  readonly source: string;
  /** Its part of the sum of the weights, 0…1. */
  readonly weightRatio: number;
  /** Data requests per second, one at a time, under the recommendation and under the defaults. */
  readonly recommended: Prediction;
  readonly baseline: Prediction;
}

/** One for each workload of a blend, in the order in which they were given. */
export function workloadEffects(
  request: AdviceRequest,
  outlook: Outlook,
  recommended: ProposalSettings,
  baseline: ProposalSettings,
): readonly WorkloadEffect[] {
  const picks = outlook.predictParts(recommended);
  const defaults = outlook.predictParts(baseline);
  return partRequests(request).map(({ request: { traits }, share }, index) => ({
    ...{ name: traits.name, title: traits.title, source: traits.source, weightRatio: share },
    recommended: (picks[index] as Proposal).iops,
    baseline: (defaults[index] as Proposal).iops,
  }));
}
