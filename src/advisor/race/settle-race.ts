import type { AdviceRequest } from '../advice-request.ts';
import { fitsMemory } from '../choose.ts';
import { type Expectation, type Proposal, sameSettings } from '../proposal.ts';
import type { Contenders } from '../recommendation.ts';
import type { RaceOutcome } from './types.ts';

/** What the heats measured of a configuration, beside the race's own beliefs. */
export interface RacedValues {
  /** Requests per second, by heat. */
  readonly rates: readonly number[];
  /** Host bytes per byte stored, by heat; empty where nothing was written. */
  readonly spaceRatios: readonly number[];
  /** The range that a prediction is claimed for, as shares of the rate; absent where rates were measured. */
  readonly spread?: { readonly low: number; readonly high: number } | undefined;
}

export interface RacedProposal {
  readonly key: string;
  readonly proposal: Proposal;
}

/** Two-sided 95 % of a normal distribution, in standard deviations. */
const deviations95 = 1.96;

/**
 * What a race makes of the contenders: its pick is the recommendation, what was recommended before becomes an alternative, and each that
 * ran has its measured speed: the defaults' median times the ratio that is believed.
 */
export function settleRace(
  request: AdviceRequest,
  predicted: Contenders,
  outcome: RaceOutcome,
  field: readonly RacedProposal[],
  valuesOf: (key: string) => RacedValues,
  source: Expectation['source'],
): Contenders & { readonly finding: string } {
  const keyOf = (proposal: Proposal) =>
    field.find((one) => sameSettings(one.proposal.settings, proposal.settings))?.key;
  const baselineKey = keyOf(predicted.baseline) ?? '';
  const measured = (proposal: Proposal): Proposal =>
    withMeasured(proposal, keyOf(proposal), baselineKey, outcome, valuesOf, source);
  const raced = outcome.heatCount > 0;
  const picked = !raced
    ? predicted.recommended
    : (field.find(({ key }) => key === outcome.pick)?.proposal ?? predicted.recommended);
  const kept = sameSettings(picked.settings, predicted.recommended.settings);
  const isBaseline = sameSettings(predicted.recommended.settings, predicted.baseline.settings);
  const former = {
    title: 'by the model',
    tradeOff: 'What was predicted to be best and was not measured so.',
    proposal: measured(predicted.recommended),
  };
  const others = predicted.alternatives
    .filter(({ proposal }) => !sameSettings(proposal.settings, picked.settings))
    .map((entry) => ({ ...entry, proposal: measured(entry.proposal) }));
  const recommended = measured(picked);
  return {
    baseline: measured(predicted.baseline),
    recommended,
    alternatives: kept || isBaseline ? others : [former, ...others].slice(0, 2),
    finding: finding(request, outcome, field, { baselineKey, recommended, source }),
  };
}

function withMeasured(
  proposal: Proposal,
  key: string | undefined,
  baselineKey: string,
  outcome: RaceOutcome,
  valuesOf: (key: string) => RacedValues,
  source: Expectation['source'],
): Proposal {
  const belief = key === undefined ? undefined : outcome.beliefs.get(key);
  const start = median(valuesOf(baselineKey).rates);
  if (key === undefined || belief === undefined || belief.count === 0 || start === undefined) return proposal;
  const { rates, spaceRatios, spread } = valuesOf(key);
  const logs = rates.map(Math.log);
  const own = key === baselineKey ? deviation(logs) / Math.sqrt(logs.length) : belief.deviation;
  const value = start * Math.exp(belief.logRatio);
  const reach = Math.exp(deviations95 * own);
  const range = spread
    ? { low: value * spread.low, high: value * spread.high }
    : { low: value / reach, high: value * reach };
  const found: Expectation[] = [{ metric: 'iops', source, value, ...range }];
  const space = median(spaceRatios);
  // A preallocated image's tables would outweigh the little that was written.
  if (space !== undefined && proposal.settings.create.preallocation === undefined) {
    const [low, high] = [Math.min(...spaceRatios), Math.max(...spaceRatios)];
    found.push({ metric: 'spaceAmplificationRatio', source, value: space, low, high });
  }
  const replaced = (entry: Expectation) =>
    found.some(({ metric, source: its }) => metric === entry.metric && its === entry.source);
  return { ...proposal, expected: [...found, ...proposal.expected.filter((entry) => !replaced(entry))] };
}

interface Found {
  readonly baselineKey: string;
  readonly recommended: Proposal;
  readonly source: Expectation['source'];
}

/** What came of the race in two or three sentences. */
function finding(
  request: AdviceRequest,
  outcome: RaceOutcome,
  field: readonly RacedProposal[],
  { baselineKey, recommended, source }: Found,
): string {
  const { pick, confirmation, beliefs } = outcome;
  const measured = source === 'measured';
  const baseline = field.find(({ key }) => key === baselineKey)?.proposal;
  const limited =
    baseline !== undefined && !fitsMemory(request, baseline) ? ', which do not fit into the memory limit' : '';
  const raced = racedText(outcome, field.length, { measured, saving: request.priority !== 'speed' });
  const failed = failureText(outcome);
  if (outcome.heatCount === 0) {
    return 'The time was too short to measure anything: the recommendation is the predicted one. Give --measure more time.';
  }
  if (pick === baselineKey) {
    const words = measured ? 'No measurable difference' : "The model of QEMU's driver predicts no difference";
    return `${words} in favour of other settings: QEMU's defaults stay. ${raced}${failed}`;
  }
  const believed = Math.exp(beliefs.get(pick)?.logRatio ?? 0);
  const fresh = confirmation?.comparison.ratio;
  // Too few blocks to call may lie on the other side of what all heats showed.
  const isContrary = fresh !== undefined && fresh !== null && fresh < 1 && request.priority === 'speed';
  const ratio = isContrary ? believed : (fresh ?? believed);
  const times = `${ratio.toFixed(ratio < 10 ? 2 : 0)} times the defaults' requests per second${limited}`;
  if (!measured) return `Predicted by the model of QEMU's driver: ${times}. ${raced}${failed}`;
  const memory = request.priority === 'speed' ? '' : ` with ${savingText(request, recommended, baseline)}`;
  const proof = isContrary ? `${beliefText(outcome)} by all heats; ${fresh.toFixed(2)}` : '';
  return `Measured: ${times}${memory}${proof}${confirmationText(outcome)}. ${raced}${failed}`;
}

function confirmationText(outcome: RaceOutcome): string {
  const { confirmation, confirmationCount } = outcome;
  const { low = null, high = null, verdict } = confirmation?.comparison ?? {};
  if (confirmation === undefined || low === null || high === null) {
    return `${beliefText(outcome)}; there was no time to confirm it in fresh blocks`;
  }
  const fresh = `in ${confirmationCount} fresh ${confirmationCount === 1 ? 'block' : 'blocks'}`;
  const call = verdict === 'inconclusive' ? `, too few for a verdict of their own` : `: ${verdict}`;
  return ` (95 %: ${low.toFixed(2)} to ${high.toFixed(2)}) ${fresh}${call}`;
}

/** The range of what the race believes of its pick. */
function beliefText({ beliefs, pick }: RaceOutcome): string {
  const belief = beliefs.get(pick);
  if (belief === undefined) return '';
  const [from, to] = [-1, 1].map((sign) => Math.exp(belief.logRatio + sign * deviations95 * belief.deviation));
  return ` (95 %: ${from?.toFixed(2)} to ${to?.toFixed(2)})`;
}

function racedText(
  outcome: RaceOutcome,
  count: number,
  { measured, saving }: { readonly measured: boolean; readonly saving: boolean },
): string {
  const { racedCount, heatCount, probability, decided, modelTrusted, winner, pick } = outcome;
  const heats = `${heatCount} ${heatCount === 1 ? 'heat' : 'heats'}`;
  if (!measured) return `Raced ${racedCount} of ${count} configurations in ${heats}.`;
  const doubt = modelTrusted ? '' : " The model's order proved wrong and was dropped.";
  const who = winner === pick ? 'this' : 'the winner';
  const aim = saving ? 'not noticeably slower than the defaults' : 'as good as the best of them';
  const percent = `${Math.floor(100 * probability)} %`;
  const end = decided
    ? `until it was decided: with ${percent} certainty ${who} is ${aim}`
    : `until the time was up: that ${who} is ${aim} is ${percent} certain, and more time makes it surer`;
  return `Raced ${racedCount} of ${count} configurations in ${heats}, ${end}.${doubt}`;
}

function failureText({ failures }: RaceOutcome): string {
  if (failures.size === 0) return '';
  const [first] = failures;
  const more = failures.size > 1 ? ` and ${failures.size - 1} more` : '';
  return ` Out of the race: ${first?.[0]} (${first?.[1]})${more}.`;
}

function savingText({ priority }: AdviceRequest, recommended: Proposal, baseline: Proposal | undefined): string {
  if (baseline === undefined) return `the least ${priority}`;
  const share = recommended.memoryBytes / baseline.memoryBytes;
  return priority === 'memory' ? `${Math.round(100 * share)} % of their cache memory` : 'less growth of the file';
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.length < 2
    ? 0
    : Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}
