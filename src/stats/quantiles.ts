import { at, type Sample } from './sample.ts';

/**
 * A quantile by linear interpolation between order statistics: position `(n - 1) × probability`, counted from 0. This
 * is type 7 of Hyndman and Fan, the default of R, NumPy and spreadsheets, so figures can be checked there.
 *
 * Worked number: the 0.25-quantile of 1, 2, 4, 8 sits at position 0.75, which is 1.75.
 *
 * @param probability 0…1; outside it the ends are given
 * @source Hyndman and Fan, "Sample quantiles in statistical packages", The American Statistician 50 (1996)
 */
export function quantile(sample: Sample, probability: number): number {
  const position = (sample.length - 1) * Math.min(Math.max(probability, 0), 1);
  const rank = Math.floor(position);
  const below = at(sample, rank);
  const fraction = position - rank;
  // Without the test, equal neighbours could come out a rounding error apart from themselves.
  return fraction === 0 ? below : below + (at(sample, rank + 1) - below) * fraction;
}

/** The middle value, or the mean of the two middle ones. */
export function median(sample: Sample): number {
  return quantile(sample, 0.5);
}
