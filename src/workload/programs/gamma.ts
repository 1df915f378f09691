import { naturalLog } from '../logarithm.ts';
import type { Random } from '../random.ts';

/**
 * File sizes as filebench draws them: a gamma distribution of shape 1.5 with the given mean, the sum of an exponential and
 * half a squared normal variable. Four operations and the project's own logarithm only, so equal on every machine.
 *
 * @source Devroye, "Non-Uniform Random Variate Generation", 1986, IX.3; filebench 1.5, cvars/cvar-gamma
 */
export function gammaSize(random: Random, meanBytes: number): number {
  const exponential = -naturalLog(random.fraction() + 2 ** -53);
  const half = -naturalLog(random.fraction() + 2 ** -53) * squaredCosine(random);
  return Math.max(1, Math.round(((exponential + half) * meanBytes) / 1.5));
}

/** The squared cosine of a uniform angle, by a point in the unit circle. */
function squaredCosine(random: Random): number {
  for (;;) {
    const x = 2 * random.fraction() - 1;
    const y = 2 * random.fraction() - 1;
    const square = x * x + y * y;
    if (square > 0 && square < 1) return (x * x) / square;
  }
}
