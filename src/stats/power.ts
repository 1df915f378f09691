import { deviationDistribution } from './sample-deviation.ts';
import { normalCumulative } from './signed-rank.ts';
import { smallestCount } from './smallest-count.ts';
import { studentCritical } from './student.ts';

/** Under which conditions a difference is looked for. */
export interface PowerOptions {
  /** Standard deviation of the log ratio from block to block, at least 0. */
  readonly deviation: number;
  /** Two-sided level of one comparison, above 0 and below 1; for repeated looks that of one look. */
  readonly level: number;
  /** Smaller estimates are not called better or worse; 0 where absent. */
  readonly thresholdRatio?: number;
}

/** How often a difference that is there has to be found: 80 %. */
export const defaultPower = 0.8;
/** More blocks than this are not promised. */
const mostBlocks = 10_000;
/** Student's interval needs two values; see `fewestBlocks` of interleaved comparisons for what is used. */
const fewestForDeviation = 2;
/** Effects are told up to this factor. */
const largestEffect = 10;

/**
 * The chance that a comparison of so many blocks finds a difference, in its right direction: exact for normal noise. The
 * mean of the blocks has to be beyond Student's critical point times its own estimated error, so it is added up over the
 * values that the estimate of the error may have.
 *
 * Worked number: 10 blocks that differ by 2 %, an effect of ln 1.03, level 1 %: 0.886.
 *
 * @param blockCount at least 2
 * @param effectRatio 0.05 is a gain of 5 %
 * @source Johnson, Kotz and Balakrishnan, "Continuous univariate distributions" 2, chapter 31: the noncentral t
 */
export function powerOf(blockCount: number, effectRatio: number, options: PowerOptions): number {
  const effect = Math.log1p(Math.abs(effectRatio));
  const threshold = Math.log1p(options.thresholdRatio ?? 0);
  if (options.deviation === 0) return effect > 0 && effect >= threshold ? 1 : 0;
  const error = options.deviation / Math.sqrt(blockCount);
  const critical = studentCritical(options.level, blockCount - 1);
  let sum = 0;
  for (const { ratio, chance } of deviationDistribution(blockCount - 1)) {
    const limit = Math.max(threshold, critical * ratio * error);
    sum += chance * normalCumulative((effect - limit) / error);
  }
  return sum;
}

/**
 * The fewest blocks that find an effect with the wanted power; null where 10,000 do not.
 *
 * @param fewest blocks that are measured in any case, at least 2
 */
export function blocksNeeded(
  effectRatio: number,
  options: PowerOptions,
  { power = defaultPower, fewest = fewestForDeviation } = {},
): number | null {
  return smallestCount(fewest, mostBlocks, (count) => powerOf(count, effectRatio, options) >= power);
}

/**
 * The smallest effect that so many blocks find with the wanted power, as a ratio minus 1; null above a factor of 11, or where
 * there are fewer than 2 blocks.
 */
export function visibleEffect(blockCount: number, options: PowerOptions, power = defaultPower): number | null {
  if (blockCount < fewestForDeviation || powerOf(blockCount, largestEffect, options) < power) return null;
  let low = 0;
  let high = largestEffect;
  while (high - low > 1e-6) {
    const middle = (low + high) / 2;
    if (powerOf(blockCount, middle, options) >= power) high = middle;
    else low = middle;
  }
  return high;
}
