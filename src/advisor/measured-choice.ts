import { comparePaired } from '../stats/paired-comparison.ts';
import { summarize } from '../stats/summary.ts';
import { defaultConfidence, defaultThresholdRatio, type Verdict } from '../stats/verdict.ts';
import type { AdviceRequest } from './advice-request.ts';
import { extraCost, maximumGrowthRatio } from './choose.ts';
import type { MeasuredIops } from './measured-iops.ts';
import { type Expectation, type Proposal, sameSettings } from './proposal.ts';
import type { Contenders } from './recommendation.ts';

/** What a measurement says about the recommendation. */
export interface MeasuredContenders extends Contenders {
  /** One sentence for people. */
  readonly finding: string;
}

/** A proposal with what was measured of it. */
interface Entry {
  readonly proposal: Proposal;
  readonly values: readonly number[];
}

/**
 * Settles the recommendation by measurement. Under `speed` it is the cheapest of those that nothing measured beats, if it
 * measurably beats QEMU's defaults, and else the defaults. Under the other priorities it stays unless it measured slower than the
 * defaults. With too few pairs for any verdict it stays as arithmetic has it.
 *
 * @param measured by the label that `labelOf` gives
 */
export function settleByMeasurement(
  request: AdviceRequest,
  predicted: Contenders,
  measured: (proposal: Proposal) => MeasuredIops | undefined,
  seed: number,
): MeasuredContenders {
  const withValues = (proposal: Proposal): Proposal => ({
    ...proposal,
    expected: [...measuredExpectations(proposal, measured(proposal)), ...proposal.expected],
  });
  const baseline = withValues(predicted.baseline);
  const recommended = withValues(predicted.recommended);
  const alternatives = predicted.alternatives.map((entry) => ({ ...entry, proposal: withValues(entry.proposal) }));
  const entry = (proposal: Proposal): Entry => ({ proposal, values: measured(proposal)?.values ?? [] });
  const contenders: Contenders = { baseline, recommended, alternatives };
  const verdict = (base: Proposal, head: Proposal): Verdict => compare(entry(base), entry(head), seed);
  const fits = (proposal: Proposal) => proposal.memoryBytes <= (request.memoryLimitBytes ?? Number.POSITIVE_INFINITY);

  const pairCount = entry(baseline).values.length;
  if (pairCount < enoughPairs) {
    const finding = `Measured ${pairCount} times only, which decides nothing: the recommendation is the predicted one. Give --measure more time.`;
    return { ...contenders, finding };
  }
  const others = [recommended, ...alternatives.map(({ proposal }) => proposal)].filter(
    (proposal) => fits(proposal) && !sameSettings(proposal.settings, baseline.settings),
  );
  if (request.priority !== 'speed') {
    if (!fits(baseline) || verdict(baseline, recommended) !== 'worse') {
      return { ...contenders, finding: 'The recommended settings did not measure slower than the defaults.' };
    }
    return {
      ...swap(contenders, baseline),
      finding: 'The settings chosen for saving measured slower than the defaults, which stay.',
    };
  }
  const faster = others.filter((proposal) => verdict(baseline, proposal) === 'better');
  const affordable = (proposal: Proposal) => growth(proposal) <= maximumGrowthRatio * growth(baseline);
  const frugal = faster.filter(affordable);
  const unbeaten = frugal.filter((proposal) => frugal.every((other) => verdict(other, proposal) !== 'worse'));
  const pool = unbeaten.length > 0 ? unbeaten : faster.filter((proposal) => proposal === recommended);
  const chosen = pool.reduce<Proposal | undefined>(
    (best, proposal) => (best && extraCost(best, baseline) <= extraCost(proposal, baseline) ? best : proposal),
    undefined,
  );
  if (chosen === undefined) {
    const finding = fits(baseline)
      ? "No measurable difference in favour of other settings: QEMU's defaults stay."
      : 'No measurable difference to the defaults, which do not fit into the memory limit.';
    return fits(baseline) ? { ...swap(contenders, baseline), finding } : { ...contenders, finding };
  }
  const ratio = median(entry(chosen)) / median(entry(baseline));
  const finding = `Measured: ${ratio.toFixed(ratio < 10 ? 2 : 0)} times the defaults' requests per second.`;
  return { ...swap(contenders, chosen), finding };
}

/** Repetitions below which no interval of 95 % exists. @source two-sided signed-rank test: 2^(1−6) < 0.05 */
const enoughPairs = 6;

function compare(base: Entry, head: Entry, seed: number): Verdict {
  const pairs = base.values.map((value, index) => [value, head.values[index] ?? Number.NaN] as const);
  const options = {
    better: 'higher',
    thresholdRatio: defaultThresholdRatio,
    confidence: defaultConfidence,
    seed,
  } as const;
  return comparePaired(pairs, options).verdict;
}

/** Host bytes per byte stored: measured where it was, else predicted. */
function growth(proposal: Proposal): number {
  return proposal.expected.find(({ metric }) => metric === 'spaceAmplificationRatio')?.value ?? 1;
}

function median({ values }: Entry): number {
  return summarize(values, { confidence: defaultConfidence })?.median ?? Number.NaN;
}

function measuredExpectations(proposal: Proposal, measured: MeasuredIops | undefined): readonly Expectation[] {
  const iops = summarize(measured?.values ?? [], { confidence: defaultConfidence });
  // A preallocated image's tables would outweigh the little that was written.
  const space =
    proposal.settings.create.preallocation === undefined
      ? summarize(measured?.spaceAmplificationRatios ?? [], { confidence: defaultConfidence })
      : undefined;
  const line = (metric: Expectation['metric'], summary: typeof iops): readonly Expectation[] =>
    summary ? [{ metric, source: 'measured', value: summary.median, low: summary.low, high: summary.high }] : [];
  return [...line('iops', iops), ...line('spaceAmplificationRatio', space)];
}

/** Makes one contender the recommendation; what was recommended before becomes an alternative. */
function swap({ recommended, baseline, alternatives }: Contenders, chosen: Proposal): Contenders {
  if (chosen === recommended || sameSettings(chosen.settings, recommended.settings)) {
    return { recommended, baseline, alternatives };
  }
  const former = {
    title: 'by arithmetic',
    tradeOff: 'What was predicted to be best and was not measured so.',
    proposal: recommended,
  };
  const isBaseline = sameSettings(recommended.settings, baseline.settings);
  const rest = alternatives.filter(({ proposal }) => proposal !== chosen);
  return { recommended: chosen, baseline, alternatives: [...(isBaseline ? [] : [former]), ...rest].slice(0, 2) };
}
