import type { RandomSource } from '../../src/stats/random.ts';

/** Above 0 and below 1. */
function uniform(random: RandomSource): number {
  return (random.next() + 0.5) / 2 ** 32;
}

/** A standard normal value. @source Box and Muller 1958 */
export function normalDraw(random: RandomSource): number {
  return Math.sqrt(-2 * Math.log(uniform(random))) * Math.cos(2 * Math.PI * uniform(random));
}

/** A value of Student's distribution: with 3 degrees of freedom its tails are about those of timings on a busy machine. */
export function studentDraw(random: RandomSource, degrees: number): number {
  let sum = 0;
  for (let index = 0; index < degrees; index++) sum += normalDraw(random) ** 2;
  return normalDraw(random) / Math.sqrt(sum / degrees);
}
