import { componentSpreads } from './components.ts';
import type { CostMeter } from './cost-meter.ts';

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
  const spreads = componentSpreads(meter.profile);
  let total = -meter.overlapNs;
  for (const ns of meter.totals) total += ns;
  let variance = meter.profile.drift ** 2;
  meter.totals.forEach((ns, index) => {
    variance += ((ns / total) * (spreads[index] ?? 0)) ** 2;
  });
  const iops = (requestCount / (total * (1 + meter.profile.stalls))) * 1e9;
  const factor = Math.exp(ninetyPercent * Math.sqrt(variance));
  return { iops, low: iops / factor, high: iops * factor };
}
