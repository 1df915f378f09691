import type { Prediction } from '../prediction.ts';
import type { Proposal } from '../proposal.ts';

/** What one configuration does under one workload of a blend. */
export interface PartProposal {
  readonly proposal: Proposal;
  /** The workload's share of the weights, 0…1. */
  readonly share: number;
}

/**
 * One configuration under all workloads of a blend. Its speed is the weighted geometric mean of the speeds, whose ratio to that of the
 * defaults is the mean of the ratios; see `Blend`. Its growth is the weighted mean, since bytes add up.
 *
 * Ranges are of machines that share their costs, so that they are put together end by end, as if all moved together.
 */
export function blendProposals(parts: readonly [PartProposal, ...PartProposal[]], isRobust: boolean): Proposal {
  const [{ proposal }] = parts;
  if (parts.length === 1) return proposal;
  const geometric = (value: (proposal: Proposal) => number) =>
    Math.exp(parts.reduce((sum, part) => sum + part.share * Math.log(value(part.proposal)), 0));
  const mean = (value: (proposal: Proposal) => number) =>
    parts.reduce((sum, part) => sum + part.share * value(part.proposal), 0);
  const samplingRatio = mean(({ iops }) => iops.samplingRatio ?? 0);
  const iops: Prediction = {
    value: geometric(({ iops: { value } }) => value),
    low: geometric(({ iops: { low } }) => low),
    high: geometric(({ iops: { high } }) => high),
    ...(samplingRatio > 0 ? { samplingRatio } : {}),
  };
  const spaceAmplification: Prediction = {
    value: mean(({ spaceAmplification: { value } }) => value),
    low: mean(({ spaceAmplification: { low } }) => low),
    high: mean(({ spaceAmplification: { high } }) => high),
  };
  return {
    ...proposal,
    // The slowest ratio of all decides between proposals: of the mean by machine, or of each workload.
    rates: isRobust
      ? parts.flatMap((part) => part.proposal.rates)
      : proposal.rates.map((_, machine) => geometric(({ rates }) => rates[machine] as number)),
    iops,
    spaceAmplification,
    expected: [
      { metric: 'iops', source: 'predicted', ...iops },
      { metric: 'spaceAmplificationRatio', source: 'predicted', ...spaceAmplification },
    ],
  };
}
