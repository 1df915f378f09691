import type { RandomSource } from '../../stats/random.ts';
import type { Belief } from './belief.ts';

/** Standard normal numbers. @source Box and Muller, "A note on the generation of random normal deviates", 1958 */
export function normalDraws(random: RandomSource, count: number): Float64Array {
  const draws = new Float64Array(count);
  for (let at = 0; at < count; at += 2) {
    const radius = Math.sqrt(-2 * Math.log((random.next() + 0.5) / 2 ** 32));
    const angle = (2 * Math.PI * random.next()) / 2 ** 32;
    draws[at] = radius * Math.cos(angle);
    if (at + 1 < count) draws[at + 1] = radius * Math.sin(angle);
  }
  return draws;
}

/** Draws of the log rates of some configurations together, one array for each draw, in the order of `members`. */
export function drawRates(
  belief: Belief,
  members: readonly number[],
  drawCount: number,
  random: RandomSource,
): readonly Float64Array[] {
  const root = choleskyRoot(belief, members);
  const size = members.length;
  return Array.from({ length: drawCount }, () => {
    const normal = normalDraws(random, size);
    const rates = new Float64Array(size);
    for (let row = 0; row < size; row++) {
      let value = belief.means[members[row] as number] as number;
      for (let column = 0; column <= row; column++) {
        value += (root[row * size + column] as number) * (normal[column] as number);
      }
      rates[row] = value;
    }
    return rates;
  });
}

/** The lower triangle whose square is the covariance; what is fully determined by others gets a zero column. */
function choleskyRoot({ covariance, count }: Belief, members: readonly number[]): Float64Array {
  const size = members.length;
  const root = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    const from = (members[row] as number) * count;
    for (let column = 0; column <= row; column++) {
      let sum = covariance[from + (members[column] as number)] as number;
      for (let at = 0; at < column; at++)
        sum -= (root[row * size + at] as number) * (root[column * size + at] as number);
      if (row === column) root[row * size + row] = Math.sqrt(Math.max(0, sum));
      else {
        const diagonal = root[column * size + column] as number;
        root[row * size + column] = diagonal > 1e-9 ? sum / diagonal : 0;
      }
    }
  }
  return root;
}
