import { exponential, naturalLog } from '../logarithm.ts';
import type { Distribution } from './fio-job.ts';
import { Scatter } from './scatter.ts';
import { drawCount, Taus88 } from './taus88.ts';

/** Draws the number of a place, 0 … count − 1. */
export type PlaceDraw = () => number;

/** fio sums no more terms than these; the rest of the ranks has the share that the sum leaves. */
const zetaTermCount = 10_000_000;

/** Draws that a normal place is the mean of. */
const normalDrawCount = 12;

type Uneven = Exclude<Distribution, { kind: 'random' | 'zoned' }>;

/**
 * The sum of 1 / k^theta over the ranks, at most ten million of them. It takes a tenth of a second for as many, so it is
 * worked out once for a job.
 */
export function zetaSum(count: number, theta: number): number {
  let sum = 0;
  for (let rank = Math.min(count, zetaTermCount); rank >= 1; rank--) sum += exponential(-theta * naturalLog(rank));
  return sum;
}

/**
 * Places by popularity, as fio draws them: a rank from an approximation with one power, then scattered over the area.
 *
 * @param zeta {@link zetaSum} for zipf; not used by others
 * @source Gray, Sundaresan, Englert, Baclawski and Weinberger, "Quickly generating billion-record synthetic databases",
 * SIGMOD 1994 (zipf and self-similar, which fio calls pareto); fio 3.33, lib/zipf.c, lib/gauss.c
 */
export function hotPlaces(distribution: Uneven, count: number, seed: number, zeta: number): PlaceDraw {
  const random = new Taus88(seed);
  if (distribution.kind === 'normal') return normalPlaces(distribution, count, random);
  const drawn = random.next();
  const { center } = distribution;
  const scatter = new Scatter(count, BigInt(center === undefined ? drawn : Math.trunc(count * center)));
  const largest = drawCount - 1;
  if (distribution.kind === 'pareto') {
    const exponent = naturalLog(distribution.h) / naturalLog(1 - distribution.h);
    return () => scatter.at(Math.floor((count - 1) * power(random.next() / largest, exponent)));
  }
  const { theta } = distribution;
  const half = exponential(-theta * Math.LN2);
  const alpha = 1 / (1 - theta);
  const eta = (1 - power(2 / count, 1 - theta)) / (1 - (1 + half) / zeta);
  return () => {
    const fraction = random.next() / largest;
    const share = fraction * zeta;
    if (share < 1) return scatter.at(0);
    if (share < 1 + half) return scatter.at(1);
    return scatter.at(Math.floor(count * power(eta * fraction - eta + 1, alpha)));
  };
}

/** The mean of twelve draws and a little noise. fio scatters this too, so its normal places are not side by side. */
function normalPlaces(
  { deviation, center }: Extract<Distribution, { kind: 'normal' }>,
  count: number,
  random: Taus88,
): PlaceDraw {
  const offset = center === undefined ? 0 : Math.trunc(count * (center - 0.5));
  const scatter = new Scatter(count, BigInt.asUintN(32, BigInt(offset)));
  const spread = Math.min(Math.ceil((count * deviation) / 100), Math.floor(count / 2));
  return () => {
    let sum = 0;
    for (let draw = 0; draw < normalDrawCount; draw++) sum += random.next() % (count + 1);
    sum = Math.floor((sum + normalDrawCount - 1) / normalDrawCount);
    if (spread > 0) {
      let shift = Math.trunc(spread * (random.next() / drawCount)) - Math.floor(spread / 2);
      while (shift !== 0 && (shift + sum >= count || shift + sum < 0)) shift = Math.trunc(shift / 2);
      sum += shift;
    }
    return scatter.at(sum);
  };
}

/** base^exponent for a base above 0; what is too small for a number is 0. */
function power(base: number, exponent: number): number {
  if (base <= 0) return 0;
  const log = exponent * naturalLog(base);
  return log < -700 ? 0 : exponential(log);
}
