import type { AdviceRequest } from './advice-request.ts';
import { targetLimits } from './commands/target-limits.ts';
import { contributionsOf } from './contributions/contributions.ts';
import type { Foresight, Outlook } from './outlook.ts';
import type { Proposal, ProposalSettings } from './proposal.ts';
import { type Option, optionOf, pickOf, type Recommendation } from './recommendation.ts';
import { sensitivityOf } from './sensitivity/sensitivity.ts';
import { workloadEffects } from './workload-effects.ts';

/**
 * Adds to a settled recommendation what it is worth: what the platform would do by itself, what each workload gets, what each setting
 * contributes, and what if things turn out differently. All of it is predicted, whatever settled the recommendation.
 * @param outlook of the request's own requests
 */
export function withWorth(recommendation: Recommendation, outlook: Outlook, foresee: Foresight): Recommendation {
  const { request, recommended, baseline } = recommendation;
  const [pick, defaults] = outlook.predict([recommended.proposal.settings, baseline.proposal.settings]) as [
    Proposal,
    Proposal,
  ];
  const platform = platformOption(request, outlook, baseline.proposal);
  return {
    ...recommendation,
    speedRatio: outlook.ratio(pick, defaults),
    ...(platform ? { platform } : {}),
    ...(request.blend ? { workloads: workloadEffects(request, outlook, pick.settings, defaults.settings) } : {}),
    contributions: contributionsOf(request, outlook, pick.settings, defaults.settings),
    sensitivity: sensitivityOf(request, { recommended: pick, baseline: defaults }, outlook, foresee, (there, found) =>
      pickOf(there, found.candidates),
    ),
  };
}

/** What the target says unasked that QEMU does not; undefined where it says nothing of the kind. */
export function platformSettings(request: AdviceRequest): ProposalSettings | undefined {
  const { target, image, hasBacking } = request;
  if (target === undefined) return undefined;
  const { create, drive } = targetLimits(target).defaults({ hasBacking });
  // An image that is there was made by whoever made it.
  const settings = { create: image?.create ?? create, drive };
  return Object.keys(image ? drive : { ...create, ...drive }).length === 0 ? undefined : settings;
}

function platformOption(request: AdviceRequest, outlook: Outlook, baseline: Proposal): Option | undefined {
  const settings = platformSettings(request);
  if (settings === undefined || request.target === undefined) return undefined;
  const [proposal] = outlook.predict([settings]);
  return proposal && optionOf({ request, proposal, baseline }, `${targetLimits(request.target).title}'s defaults`, '');
}
