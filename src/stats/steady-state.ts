import { normalCumulative } from './signed-rank.ts';

/** How the values of a series moved from its beginning to its end. */
export interface Trend {
  /** Median of the last quarter over that of the first, minus 1. */
  readonly driftRatio: number;
  /** Two-sided, of so much order in a series without any. */
  readonly probability: number;
  readonly isSteady: boolean;
}

/** Quarters of fewer than three values have no median to speak of. */
const fewestValues = 12;
const level = 0.01;
/**
 * Neighbouring slices are alike, as a machine changes speed for seconds, so the test alone would find a trend in most long
 * series; a drift of less than this is let pass.
 */
const driftLimit = 0.05;

/**
 * Whether a series, such as the time of a request in slice after slice, was steady. It was not where both hold: the order of
 * its values has a trend (Mann and Kendall, 1 %), and the first and the last quarter are 5 % apart.
 *
 * Worked number: 1, 2, …, 12 has S = 66, z = 65 / √212.67 = 4.457, a probability of 8.3e-6.
 *
 * @param values above 0
 * @returns undefined for fewer than 12 values
 * @source Mann, "Nonparametric tests against trend", Econometrica 13 (1945); Kendall, "Rank correlation methods", 4th edition
 *   (1970), chapter 4 with the correction for ties
 */
export function findTrend(values: readonly number[]): Trend | undefined {
  const count = values.length;
  if (count < fewestValues) return undefined;
  const quarter = Math.floor(count / 4);
  const driftRatio = median(values.slice(-quarter)) / median(values.slice(0, quarter)) - 1;
  const { score, variance } = kendallScore(values);
  const z = variance > 0 ? Math.max(0, Math.abs(score) - 1) / Math.sqrt(variance) : 0;
  const probability = Math.min(1, 2 * (1 - normalCumulative(z)));
  // A trend one way and a drift the other way are a wave, not a start.
  const isTrend = probability <= level && score > 0 === driftRatio > 0;
  return { driftRatio, probability, isSteady: !(isTrend && Math.abs(driftRatio) > driftLimit) };
}

/** Pairs in ascending order minus pairs in descending order, and the variance of that number in a random order. */
function kendallScore(values: readonly number[]): { readonly score: number; readonly variance: number } {
  const count = values.length;
  const sorted = Float64Array.from(values).sort();
  let tiedPairs = 0;
  let variance = count * (count - 1) * (2 * count + 5);
  for (let start = 0; start < count; ) {
    let end = start;
    while (end < count && sorted[end] === sorted[start]) end++;
    const tied = end - start;
    tiedPairs += (tied * (tied - 1)) / 2;
    variance -= tied * (tied - 1) * (2 * tied + 5);
    start = end;
  }
  const pairs = (count * (count - 1)) / 2;
  return { score: pairs - tiedPairs - 2 * countInversions(Float64Array.from(values)), variance: variance / 18 };
}

/** Pairs whose first value is the larger one, by merging, so that thousands of slices take no time. Sorts the values. */
function countInversions(values: Float64Array): number {
  if (values.length < 2) return 0;
  const middle = values.length >> 1;
  const left = values.slice(0, middle);
  const right = values.slice(middle);
  let inversions = countInversions(left) + countInversions(right);
  for (let index = 0, leftAt = 0, rightAt = 0; index < values.length; index++) {
    const isLeft =
      rightAt === right.length || (leftAt < left.length && (left[leftAt] as number) <= (right[rightAt] as number));
    if (!isLeft) inversions += left.length - leftAt;
    values[index] = (isLeft ? left[leftAt++] : right[rightAt++]) as number;
  }
  return inversions;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
