import type { CurveQueue } from './curve-queue.ts';

/** The price per byte at which a budget is spent: misses a second that a byte has to save. */
export interface Price {
  /** At this price what is bought fits the budget. 0 where the budget is enough for all. */
  readonly fitting: number;
  /** Just below, where it does not; the same where all is bought. */
  readonly exceeding: number;
  /** How much of the difference between the two the budget pays, 0…1. */
  readonly shareRatio: number;
}

/** So many halvings of the logarithm tell neighbouring floats apart. */
const mostSteps = 120;
/** Prices below this part of the highest are no reason to leave memory unused. */
const leastPriceRatio = 1e-15;

/** Finds the price by halving: what is bought only grows as the price falls. */
export function findPrice(queues: readonly CurveQueue[], availableBytes: number): Price {
  const spentAt = (price: number): number => queues.reduce((sum, queue) => sum + queue.spentAt(price), 0);
  const highest = Math.max(0, ...queues.map((queue) => queue.highestPrice));
  if (highest === 0) return { fitting: 0, exceeding: 0, shareRatio: 0 };
  let [exceeding, fitting] = [highest * leastPriceRatio, highest * 2];
  if (spentAt(exceeding) <= availableBytes) return { fitting: exceeding, exceeding, shareRatio: 0 };
  for (let step = 0; step < mostSteps; step++) {
    const middle = Math.sqrt(exceeding * fitting);
    if (!(middle > exceeding && middle < fitting)) break;
    if (spentAt(middle) <= availableBytes) fitting = middle;
    else exceeding = middle;
  }
  const [low, high] = [spentAt(fitting), spentAt(exceeding)];
  return { fitting, exceeding, shareRatio: Math.min(1, Math.max(0, (availableBytes - low) / (high - low))) };
}
