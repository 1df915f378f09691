/** Which way a metric is good. */
export type Better = 'higher' | 'lower';

/**
 * `better` and `worse` say how head differs from base; `same` claims that they do not differ by as much as the noise
 * threshold, which takes evidence; `inconclusive` is the lack of evidence for any of these.
 */
export type Verdict = 'better' | 'worse' | 'same' | 'inconclusive';

/**
 * Differences below this are not worth acting on, even where they are real: 3 %. On recorded pairs of equal images,
 * pinned to one processor, the estimate was further than that from 1 in 12 % of comparisons of 10 pairs and in 3 % of
 * 20, while 30 pairs proved `same` in half of them; a smaller threshold would ask for runs that nobody waits for.
 * Unpinned, 54 % of comparisons of 10 pairs were further off, which is what the interval is for.
 */
export const defaultThresholdRatio = 0.03;

/**
 * The same for trials whose slices took turns on one processor: 1 %. A block is off by about as much on a quiet machine, so
 * that differences half as large take some twenty blocks to prove, and nobody acts on them.
 */
export const interleavedThresholdRatio = 0.01;

/** Share of intervals that contain the true ratio. */
export const defaultConfidence = 0.95;

/** An interval of log(head / base). */
export interface LogInterval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The verdict on an interval of the log ratio.
 *
 * Worse or better takes both: the interval leaves out zero (significant) and the estimate is at least the threshold
 * from it (worth acting on). Same takes an interval wholly within the threshold on both sides. What is left, such as a
 * real but small difference whose interval sticks out, is inconclusive. Swapping base and head swaps better and worse
 * and changes nothing else.
 *
 * @param thresholdRatio at least 0; 0.03 means a ratio from 1/1.03 to 1.03
 */
export function decide(interval: LogInterval, better: Better, thresholdRatio: number): Verdict {
  const threshold = Math.log1p(thresholdRatio);
  const { estimate, low, high } = interval;
  if (low >= -threshold && high <= threshold) return 'same';
  if (Math.abs(estimate) < threshold || (low <= 0 && high >= 0)) return 'inconclusive';
  return estimate > 0 === (better === 'higher') ? 'better' : 'worse';
}

/** More pairs than this are not promised to help. */
const mostPairs = 10_000;

/**
 * How many pairs would decide, if noise stays as it is: the width of an interval shrinks with the root of their number,
 * and it has to become narrower than the distance of the estimate from zero, or, for `same`, from the threshold. Null
 * where it would take more than 10,000: the ratio lies at the threshold.
 *
 * Worked number: 10 pairs, estimate +1 %, interval ±4 %, threshold 3 %: 2 % are needed, so 4 times as many pairs, 40.
 */
export function pairsToDecide(interval: LogInterval, pairCount: number, thresholdRatio: number): number | null {
  const threshold = Math.log1p(thresholdRatio);
  const distance = Math.abs(interval.estimate);
  const halfWidth = Math.max(interval.high - interval.estimate, interval.estimate - interval.low);
  const wanted = distance >= threshold ? distance : threshold - distance;
  const needed = Math.ceil(pairCount * (halfWidth / wanted) ** 2);
  return needed <= mostPairs ? Math.max(needed, pairCount + 1) : null;
}

/** The one verdict on many: a loss anywhere counts first, then doubt, then gains. `inconclusive` for none at all. */
export function overallVerdict(verdicts: Iterable<Verdict>): Verdict {
  const seen = new Set(verdicts);
  const order: readonly Verdict[] = ['worse', 'inconclusive', 'better', 'same'];
  return order.find((verdict) => seen.has(verdict)) ?? 'inconclusive';
}
