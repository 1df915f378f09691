import { exponential, naturalLog } from '../logarithm.ts';
import type { PatternOptions, RecordOrder } from './pattern.ts';
import { SpreadRanks } from './spread-ranks.ts';

/**
 * Hot spots: the k-th most popular record is drawn in proportion to 1 / k^theta, exactly and in constant time for any
 * number of records, by rejection-inversion. Ranks are spread over the disk in runs of `hotRunRecordCount` records:
 * with 1, hot records are alone in their clusters (as fio does it); with more, hot spots fill clusters and L2 slices,
 * as files and tables of a real guest do.
 *
 * @source Hörmann and Derflinger, "Rejection-inversion to generate variates from monotone discrete distributions", 1996
 */
export function zipfOrder({ recordCount, random, theta, hotRunRecordCount }: PatternOptions): RecordOrder {
  const draw = zipfRank(recordCount, theta);
  const places = new SpreadRanks(recordCount, hotRunRecordCount, random);
  return {
    fill(records) {
      for (let index = 0; index < records.length; index++) records[index] = places.at(draw(random));
    },
  };
}

/** A sampler of ranks 0 … count − 1, the most popular first. */
function zipfRank(count: number, theta: number): (random: { fraction(): number }) => number {
  const complement = 1 - theta;
  /** Area under x^−theta from 1 to x. */
  const area = (x: number): number => {
    const log = naturalLog(x);
    return growth(complement * log) * log;
  };
  const inverse = (surface: number): number => exponential(shrinkage(Math.max(surface * complement, -1)) * surface);
  const density = (x: number): number => exponential(-theta * naturalLog(x));

  const first = area(1.5) - 1;
  const last = area(count + 0.5);
  const squeeze = 2 - inverse(area(2.5) - density(2));
  return (random) => {
    for (;;) {
      const surface = last + random.fraction() * (first - last);
      const x = inverse(surface);
      const rank = Math.min(Math.max(Math.floor(x + 0.5), 1), count);
      if (rank - x <= squeeze || surface >= area(rank + 0.5) - density(rank)) return rank - 1;
    }
  };
}

/** (e^x − 1) / x without cancellation, 1 at 0. @source Kahan's formula, Higham, "Accuracy and Stability", 1.14.1 */
function growth(x: number): number {
  const power = exponential(x);
  return power === 1 ? 1 : (power - 1) / naturalLog(power);
}

/** ln(1 + x) / x without cancellation, 1 at 0; x ≥ −1. */
function shrinkage(x: number): number {
  const sum = 1 + x;
  if (sum === 1) return 1;
  return sum <= 0 ? Number.POSITIVE_INFINITY : naturalLog(sum) / (sum - 1);
}
