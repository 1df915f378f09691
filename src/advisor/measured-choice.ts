import { compareExactly, comparePaired } from '../stats/paired-comparison.ts';
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

/**
 * Settles the recommendation by measurement. With too few pairs for any verdict it stays as arithmetic has it, and the finding
 * says so.
 *
 * The simulated engine's predictions settle it in the same way: they have no noise, so one of each is enough, and differences
 * within the threshold are none.
 *
 * @param measured what was measured of a proposal; asked for proposals with the same settings as the contenders'
 */
export function settleByMeasurement(
  request: AdviceRequest,
  predicted: Contenders,
  measured: (proposal: Proposal) => MeasuredIops | undefined,
  how: { readonly source: Expectation['source']; readonly seed: number },
): MeasuredContenders {
  const withValues = (proposal: Proposal): Proposal => {
    const found = expectations(proposal, measured(proposal), how.source);
    const replaced = (entry: Expectation): boolean =>
      found.some(({ metric, source }) => metric === entry.metric && source === entry.source);
    return { ...proposal, expected: [...found, ...proposal.expected.filter((entry) => !replaced(entry))] };
  };
  const contenders: Contenders = {
    baseline: withValues(predicted.baseline),
    recommended: withValues(predicted.recommended),
    alternatives: predicted.alternatives.map((entry) => ({ ...entry, proposal: withValues(entry.proposal) })),
  };
  const valuesOf = (proposal: Proposal) => measured(proposal)?.values ?? [];
  const pairCount = valuesOf(contenders.baseline).length;
  if (pairCount === 0 || (how.source === 'measured' && pairCount < enoughPairs)) {
    const finding = `Measured ${pairCount} times only, which decides nothing: the recommendation is the predicted one. Give --measure more time.`;
    return { ...contenders, finding };
  }
  const race: Race = {
    ...contenders,
    words: how.source === 'measured' ? measuredWords : predictedWords,
    verdict: (base, head) =>
      how.source === 'measured'
        ? compare(valuesOf(base), valuesOf(head), how.seed)
        : compareExactly(valuesOf(base), valuesOf(head), { better: 'higher', thresholdRatio: defaultThresholdRatio })
            .verdict,
    ratio: (base, head) => median(valuesOf(head)) / median(valuesOf(base)),
    fits: (proposal) => proposal.memoryBytes <= (request.memoryLimitBytes ?? Number.POSITIVE_INFINITY),
  };
  return request.priority === 'speed' ? settleSpeed(race) : settleSaving(race);
}

/** How a finding is told. */
interface Words {
  readonly found: string;
  readonly noDifference: string;
  readonly are: string;
  readonly areNot: string;
}

const measuredWords: Words = {
  found: 'Measured',
  noDifference: 'No measurable difference',
  are: 'measured',
  areNot: 'did not measure',
};
const predictedWords: Words = {
  found: "Predicted by the model of QEMU's driver",
  noDifference: "The model of QEMU's driver predicts no difference",
  are: 'are predicted to be',
  areNot: 'are not predicted to be',
};

/** The contenders and what their measurements say of each other. */
interface Race extends Contenders {
  readonly words: Words;
  verdict(base: Proposal, head: Proposal): Verdict;
  ratio(base: Proposal, head: Proposal): number;
  fits(proposal: Proposal): boolean;
}

/**
 * The recommendation stays if it measured faster than the defaults and nothing measured faster than it; else the cheapest takes its
 * place of which that is true; and where there is none, the defaults. Where these do not fit into the memory limit, the recommendation
 * takes their part.
 */
function settleSpeed(race: Race): MeasuredContenders {
  const { baseline, recommended, alternatives, verdict, fits, words } = race;
  const rival = fits(baseline) ? baseline : recommended;
  const affordable = (proposal: Proposal) => growth(proposal) <= maximumGrowthRatio * growth(baseline);
  const others = [recommended, ...alternatives.map(({ proposal }) => proposal)].filter(fits);
  const faster = others.filter((proposal) => verdict(rival, proposal) === 'better');
  const frugal = faster.filter(affordable);
  const unbeaten = frugal.filter((proposal) => frugal.every((other) => verdict(other, proposal) !== 'worse'));
  const pool = unbeaten.length > 0 ? unbeaten : faster.filter((proposal) => proposal === recommended);
  const [cheapest] = [...pool].sort((a, b) => extraCost(a, baseline) - extraCost(b, baseline));
  const chosen = (pool.includes(recommended) ? recommended : cheapest) ?? rival;
  if (chosen === baseline) {
    const finding = `${words.noDifference} in favour of other settings: QEMU's defaults stay.`;
    return { ...swap(race, baseline), finding };
  }
  const ratio = race.ratio(baseline, chosen);
  const times = `${ratio.toFixed(ratio < 10 ? 2 : 0)} times the defaults' requests per second`;
  const known = ['better', 'worse'].includes(verdict(baseline, chosen));
  const finding = known
    ? `${words.found}: ${times}${fits(baseline) ? '' : ', which do not fit into the memory limit'}.`
    : `${words.noDifference} to the defaults, which do not fit into the memory limit.`;
  return { ...swap(race, chosen), finding };
}

/** Settings chosen to save memory or space stay unless they measured slower than the defaults. */
function settleSaving(race: Race): MeasuredContenders {
  const { baseline, recommended, verdict, fits, words } = race;
  if (!fits(baseline) || verdict(baseline, recommended) !== 'worse') {
    const slower = verdict(baseline, recommended) === 'worse';
    const finding = slower
      ? `The recommended settings ${words.are} slower than the defaults, which do not fit into the memory limit.`
      : `The recommended settings ${words.areNot} slower than the defaults.`;
    return { ...pick(race), finding };
  }
  const finding = `The settings chosen for saving ${words.are} slower than the defaults, which stay.`;
  return { ...swap(race, baseline), finding };
}

/** Repetitions below which no interval of 95 % exists. @source two-sided signed-rank test: 2^(1−6) < 0.05 */
const enoughPairs = 6;

function compare(base: readonly number[], head: readonly number[], seed: number): Verdict {
  const pairs = base.map((value, index) => [value, head[index] ?? Number.NaN] as const);
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

function median(values: readonly number[]): number {
  return summarize(values, { confidence: defaultConfidence })?.median ?? Number.NaN;
}

function expectations(
  proposal: Proposal,
  measured: MeasuredIops | undefined,
  source: Expectation['source'],
): readonly Expectation[] {
  const iops = summarize(measured?.values ?? [], { confidence: defaultConfidence });
  // A preallocated image's tables would outweigh the little that was written.
  const space =
    proposal.settings.create.preallocation === undefined
      ? summarize(measured?.spaceAmplificationRatios ?? [], { confidence: defaultConfidence })
      : undefined;
  const line = (metric: Expectation['metric'], summary: typeof iops): readonly Expectation[] =>
    summary ? [{ metric, source, value: summary.median, low: summary.low, high: summary.high }] : [];
  return [...line('iops', iops && { ...iops, ...measured?.interval }), ...line('spaceAmplificationRatio', space)];
}

function pick({ recommended, baseline, alternatives }: Contenders): Contenders {
  return { recommended, baseline, alternatives };
}

/** Makes one contender the recommendation; what was recommended before becomes an alternative. */
function swap(contenders: Contenders, chosen: Proposal): Contenders {
  const { recommended, baseline, alternatives } = contenders;
  if (chosen === recommended || sameSettings(chosen.settings, recommended.settings)) {
    return pick(contenders);
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
