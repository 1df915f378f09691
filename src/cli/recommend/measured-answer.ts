import { toleranceRatio } from '../../advisor/choose.ts';
import type { MeasuringWorkloads } from '../../advisor/measuring-workloads.ts';
import { type Proposal, sameSettings } from '../../advisor/proposal.ts';
import { summarizeRace } from '../../advisor/race/race-summary.ts';
import { settleRace } from '../../advisor/race/settle-race.ts';
import type { RaceOutcome } from '../../advisor/race/types.ts';
import { modelBasis, modelHost, predictMeasurement } from '../../advisor/ranking/rank.ts';
import { describeRecommendation, type Recommendation, withAdditions } from '../../advisor/recommendation.ts';
import type { Host } from '../host.ts';
import { costProfiles } from '../run/cost-profiles.ts';
import type { RaceTrack } from './race-track.ts';

/**
 * What the model of QEMU's driver says of the very requests that were measured, in place of what it or the arithmetic said
 * before, so that the two stand beside each other.
 */
export async function withModel(
  recommendation: Recommendation,
  parts: MeasuringWorkloads,
  host: Host,
): Promise<Recommendation> {
  const { request, recommended, baseline, alternatives } = recommendation;
  const shown = [baseline, recommended, ...alternatives].map(({ proposal }) => proposal);
  const { profile, warning } = await costProfiles(host)('direct', 'io_uring');
  const costs = { profile, ...(warning === undefined ? {} : { warning: warning.message }) };
  const basis = { profile, host: modelHost(request.qemu) };
  const { options: predictions, sample } = predictMeasurement(request, parts, shown, basis);
  if (predictions.length < shown.length) return recommendation;
  const modelled = <Shown extends { readonly proposal: Proposal }>(option: Shown): Shown => {
    const found = predictions.find(({ proposal }) => sameSettings(proposal.settings, option.proposal.settings));
    return { ...option, proposal: found?.proposal ?? option.proposal };
  };
  return {
    ...recommendation,
    recommended: modelled(recommended),
    baseline: modelled(baseline),
    alternatives: alternatives.map(modelled),
    evidence: [...new Set(predictions.map(({ simulationId }) => simulationId))],
    model: modelBasis(costs, recommendation.model?.rankedCount ?? 0, sample),
  };
}

/** The recommendation that a race settled, with its trials as the evidence. @param simulated whether the model ran the heats */
export function settledBy(
  predicted: Recommendation,
  proposals: ReadonlyMap<string, Proposal>,
  track: RaceTrack,
  outcome: RaceOutcome,
  simulated: boolean,
): Recommendation {
  const { request, recommended, baseline, alternatives, evidence, model } = predicted;
  const { finding, ...contenders } = settleRace(
    request,
    { recommended: recommended.proposal, baseline: baseline.proposal, alternatives },
    outcome,
    [...proposals].map(([key, proposal]) => ({ key, proposal })),
    (key) => track.valuesOf(key),
    simulated ? 'predicted' : 'measured',
  );
  const trials = track.records.filter((record) => record.state === 'completed').map((record) => record.id);
  const settled = {
    ...contenders,
    recommended: withAdditions(request, contenders.baseline, contenders.recommended),
  };
  return describeRecommendation(request, settled, {
    evidence: [...trials, ...evidence],
    finding,
    race: summarizeRace(outcome, proposals.size, toleranceRatio({ speedSource: 'model' }), !simulated),
    trials: { count: trials.length, engine: simulated ? 'simulated' : 'qemu-io' },
    ...(model === undefined ? {} : { model }),
  });
}
