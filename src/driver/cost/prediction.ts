import { componentSpreads } from './components.ts';
import type { CostMeter } from './cost-meter.ts';
import type { CostProfile } from './cost-profile.ts';

/** A predicted rate with the range that it is claimed for. */
export interface PredictedRate {
  /** Data requests per second of time inside the driver, syncs' time included, at queue depth 1. */
  readonly iops: number;
  /** The rate lies in `low`…`high` in nine of ten runs, as far as the profile's spreads are right. */
  readonly low: number;
  readonly high: number;
}

/** Standard deviations on either side of the middle 90 % of a normal distribution. */
const ninetyPercent = 1.645;

/**
 * The rate that a meter's totals amount to.
 *
 * The interval: each component of the time has its cost's spread from run to run. Components vary on their own, so their
 * variances add up, each weighted by its share of the time; what a whole run shares (`drift`) comes on top. The rate is taken
 * to be log-normal, so that the interval is `iops × exp(±1.645 σ)` and never reaches zero.
 *
 * Stalls, which no single cost contains, lengthen the whole by their share.
 *
 * @param requestCount data requests (reads, writes, discards, zero-writes) that the totals are of, at least 1; syncs do not count
 */
export function predictRate(meter: CostMeter, requestCount: number): PredictedRate {
  return rateOf(meter.profile, requestCount, totalNs(meter), rateSpread(meter));
}

/** The rate of requests that take so long together. @param spread relative standard deviation of that time */
export function rateOf(profile: CostProfile, requestCount: number, ns: number, spread: number): PredictedRate {
  const iops = (requestCount / (ns * (1 + profile.stalls))) * 1e9;
  const factor = ninetyPercentFactor(spread);
  return { iops, low: iops / factor, high: iops * factor };
}

/** Relative standard deviation from run to run of the time that a meter's totals amount to; see {@link predictRate}. */
export function rateSpread(meter: CostMeter): number {
  const spreads = componentSpreads(meter.profile);
  const total = totalNs(meter);
  let variance = meter.profile.drift ** 2;
  meter.totals.forEach((ns, index) => {
    variance += ((ns / total) * (spreads[index] ?? 0)) ** 2;
  });
  return Math.sqrt(variance);
}

/** What part of the time each component takes, by `costComponents`; overlap left aside, all zero where nothing was done. */
export function timeShares(meter: CostMeter): Float64Array {
  const all = meter.totals.reduce((sum, ns) => sum + ns, 0);
  return meter.totals.map((ns) => (all === 0 ? 0 : ns / all));
}

/**
 * Standard deviation of the logarithm of the ratio of two rates on one machine, by the parts of the time that their components take:
 * a cost that both pay in the same part cancels, and so does what a whole run shares.
 */
export function ratioSpread(profile: CostProfile, a: Float64Array, b: Float64Array): number {
  const spreads = componentSpreads(profile);
  return Math.sqrt(a.reduce((sum, share, index) => sum + ((share - (b[index] ?? 0)) * (spreads[index] ?? 0)) ** 2, 0));
}

/** The middle 90 % of a log-normal value, as the factor on either side. */
export function ninetyPercentFactor(spread: number): number {
  return Math.exp(ninetyPercent * spread);
}

function totalNs({ totals, overlapNs }: CostMeter): number {
  let total = -overlapNs;
  for (const ns of totals) total += ns;
  return total;
}
