import type { Warning } from '../warnings.ts';
import type { PairedComparison, PairedOptions } from './paired-comparison.ts';
import { at, type Sample, toSample } from './sample.ts';
import { studentCritical, studentTwoSided } from './student.ts';
import { decide, type LogInterval, pairsToDecide } from './verdict.ts';
import { walshCount, walshOfRank } from './walsh-averages.ts';

/** Base and head of one block: new images, new processes, and slices of both that took turns. */
export interface SlicedBlock {
  /** A metric of each slice, a rate or a time; slice i of both sides did the same requests next to each other. */
  readonly base: ArrayLike<number>;
  readonly head: ArrayLike<number>;
  /** The same slices with the stalls taken out, where both sides have that. */
  readonly withoutStalls?: SlicedBlock;
}

/** Fewer blocks than this say nothing about how much new images and new processes differ. */
export const fewestBlocks = 3;

/**
 * Compares two sides whose slices took turns. The unit of evidence is the block, not the slice: a new process and a new
 * image may shift all slices of a block alike, and then thousands of slices of one block would prove a difference that the
 * next block does not have. Where they do not, as in the runs of `reports/verdicts`, blocks cost only their making.
 *
 * Within a block the log ratios of the slices are summed up by their Hodges–Lehmann estimate, which a slice with a stall in it
 * cannot move. Across blocks the estimate is the mean, and the interval and the probability are Student's, with one
 * degree of freedom fewer than blocks: block values are themselves averages, close to normal, and with few blocks the
 * signed-rank interval, which has no 95 % below 6 blocks and no 99 % below 8, would need twice the time.
 *
 * Where both sides have the times without stalls these are compared, since a single stall outweighs thousands of requests;
 * unless what the stalls add up to says otherwise, by intervals that have nothing in common.
 *
 * Total: slices that are not two positive finite numbers are left out with a warning; fewer than {@link fewestBlocks}
 * blocks give `inconclusive`; nothing throws and nothing is NaN. `pairCount` counts blocks.
 *
 * @source Kalibera and Jones, "Rigorous benchmarking in reasonable time", ISMM 2013, section 6: repeat at the highest level
 *   that varies; Hodges and Lehmann, "Estimates of location based on rank tests", AMS 34 (1963)
 */
export function compareInterleaved(blocks: readonly SlicedBlock[], options: PairedOptions): PairedComparison {
  const plain = compareBlocks(blocks, options);
  const steady = blocks.flatMap(({ withoutStalls }) => withoutStalls ?? []);
  if (steady.length === 0 || steady.length < blocks.length) return plain;
  const result = compareBlocks(steady, options);
  if (!areDisjoint(plain, result)) return result;
  // What was taken out on one side was not chance: the whole time has the last word.
  const message = 'one side stalls more than the other: its slow requests are counted, which is noisier';
  const warning: Warning = { code: 'stalls-differ', subject: options.subject ?? '', message };
  return { ...plain, warnings: [...plain.warnings, warning] };
}

function areDisjoint(one: PairedComparison, other: PairedComparison): boolean {
  if (one.low === null || one.high === null || other.low === null || other.high === null) return false;
  return one.high < other.low || other.high < one.low;
}

function compareBlocks(blocks: readonly SlicedBlock[], options: PairedOptions): PairedComparison {
  const { better, thresholdRatio, confidence, subject = '' } = options;
  const warnings: Warning[] = [];
  let leftOut = 0;
  const values: number[] = [];
  for (const block of blocks) {
    const { value, usedCount } = summarizeBlock(block);
    leftOut += Math.max(block.base.length, block.head.length) - usedCount;
    if (value !== undefined) values.push(value);
  }
  if (leftOut > 0) {
    const message = `${leftOut} ${leftOut === 1 ? 'slice' : 'slices'} left out: a value is missing, zero or not finite`;
    warnings.push({ code: 'unusable-slices', subject, message });
  }
  const counts = { baseCount: values.length, headCount: values.length, pairCount: values.length };
  const undecided = { ...counts, verdict: 'inconclusive', neededPairCount: fewestBlocks } as const;
  if (values.length < fewestBlocks) {
    const blocksThere = `${values.length} ${values.length === 1 ? 'block' : 'blocks'}`;
    const message = `${blocksThere}; new images and processes differ, and to see how much takes at least ${fewestBlocks}`;
    warnings.push({ code: 'too-few-blocks', subject, message, hint: `Measure ${fewestBlocks} repetitions or more.` });
    const ratio = values.length === 0 ? null : Math.exp(mean(values));
    const none = { ratio, low: null, high: null, attainedConfidence: 0, probability: null };
    return { ...undecided, ...none, warnings };
  }
  const { probability, ...interval } = studentInterval(values, confidence, Math.log1p(options.resolutionRatio ?? 0));
  const result = {
    ...counts,
    ratio: Math.exp(interval.estimate),
    low: Math.exp(interval.low),
    high: Math.exp(interval.high),
    attainedConfidence: confidence,
    probability,
  };
  if (interval.low === interval.high) {
    const message = `all ${values.length} blocks gave the same value, so nothing is known of the noise`;
    warnings.push({ code: 'zero-variance', subject, message });
    return { ...result, verdict: 'inconclusive', neededPairCount: null, warnings };
  }
  const verdict = decide(interval, better, thresholdRatio);
  const neededPairCount = verdict === 'inconclusive' ? pairsToDecide(interval, values.length, thresholdRatio) : null;
  return { ...result, verdict, neededPairCount, warnings };
}

/** The log ratio of a block, head over base, and how many of its slices it is from; undefined where none is usable. */
export function summarizeBlock(block: SlicedBlock): { readonly value: number | undefined; readonly usedCount: number } {
  const differences = logRatios(block);
  if (differences === undefined) return { value: undefined, usedCount: 0 };
  return { value: hodgesLehmann(differences), usedCount: differences.length };
}

/** The log ratios of a block's slices; undefined where none is usable. Slices beyond the shorter side have no partner. */
function logRatios({ base, head }: SlicedBlock): Sample | undefined {
  const differences: number[] = [];
  for (let index = 0; index < Math.min(base.length, head.length); index++) {
    const left = base[index] ?? 0;
    const right = head[index] ?? 0;
    if (left > 0 && right > 0) differences.push(Math.log(right / left));
  }
  return toSample(differences);
}

/** The median of all pairwise means, each value with itself too. */
export function hodgesLehmann(sample: Sample): number {
  if (sample.length === 1) return at(sample, 0);
  const count = walshCount(sample.length);
  return (walshOfRank(sample, Math.ceil(count / 2)) + walshOfRank(sample, Math.floor(count / 2) + 1)) / 2;
}

/** Student's interval of the mean, widened by `step` at each end, and the two-sided probability of a mean of zero. */
function studentInterval(
  values: readonly number[],
  confidence: number,
  step: number,
): LogInterval & { readonly probability: number } {
  const estimate = mean(values);
  const degrees = values.length - 1;
  const variance = values.reduce((sum, value) => sum + (value - estimate) ** 2, 0) / degrees;
  const error = Math.sqrt(variance / values.length);
  const reach = error * studentCritical(1 - confidence, degrees) + step;
  const distance = Math.max(0, Math.abs(estimate) - step);
  const probability = error > 0 ? studentTwoSided(distance / error, degrees) : distance > 0 ? 0 : 1;
  return { estimate, low: estimate - reach, high: estimate + reach, probability };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
