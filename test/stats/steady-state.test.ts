import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/stats/random.ts';
import { findTrend } from '../../src/stats/steady-state.ts';
import { normalDraw } from '../helpers/draws.ts';

const ascending = Array.from({ length: 12 }, (_, index) => index + 1);

describe('by hand', () => {
  test('twelve values in order', () => {
    const trend = findTrend(ascending);
    // S = 66, its variance 12 · 11 · 29 / 18, z = 65 / 14.583 = 4.457.
    expect(trend?.probability).toBeCloseTo(8.3e-6, 6);
    // Medians of 1, 2, 3 and of 10, 11, 12.
    expect(trend?.driftRatio).toBeCloseTo(11 / 2 - 1, 12);
    expect(trend?.isSteady).toBe(false);
  });

  test('one exchange of neighbours takes 2 from S', () => {
    const [first = 0, second = 0, ...rest] = ascending;
    // z = 63 / 14.583 = 4.320.
    expect(findTrend([second, first, ...rest])?.probability).toBeCloseTo(1.56e-5, 6);
  });

  test('ties count for neither order and narrow the variance', () => {
    // Six pairs of equals: S = 60, variance (3828 - 108) / 18 = 206.67, z = 59 / 14.376.
    const tied = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6];
    expect(findTrend(tied)?.probability).toBeCloseTo(4.06e-5, 6);
  });

  test('the reverse has the same probability', () => {
    const reverse = findTrend([...ascending].reverse());
    expect(reverse?.probability).toBe(findTrend(ascending)?.probability);
    expect(reverse?.driftRatio).toBeLessThan(0);
    expect(reverse?.isSteady).toBe(false);
  });
});

test('a count of all pairs agrees with the merging one', () => {
  const random = createRandom(4);
  const values = Array.from({ length: 101 }, () => 1 + random.below(30));
  let score = 0;
  for (let left = 0; left < 101; left++) {
    for (let right = left + 1; right < 101; right++) score += Math.sign((values[right] ?? 0) - (values[left] ?? 0));
  }
  const ties = new Map<number, number>();
  for (const value of values) ties.set(value, (ties.get(value) ?? 0) + 1);
  let variance = 101 * 100 * 207;
  for (const tied of ties.values()) variance -= tied * (tied - 1) * (2 * tied + 5);
  const z = (Math.abs(score) - 1) / Math.sqrt(variance / 18);
  // The normal tail by its series is not needed: the same z gives the same probability.
  const other = findTrend(values)?.probability ?? 0;
  expect(other).toBeCloseTo(twoSided(z), 6);
});

test('fewer than twelve slices say nothing', () => {
  expect(findTrend(ascending.slice(1))).toBeUndefined();
});

test('values that never change are steady', () => {
  expect(findTrend(Array.from({ length: 40 }, () => 3))).toEqual({ driftRatio: 0, probability: 1, isSteady: true });
});

test('a small drift is let pass, however clear it is; a large one is not', () => {
  const random = createRandom(6);
  const drifting = (total: number): readonly number[] =>
    Array.from({ length: 200 }, (_, index) => 5 * (1 + (total * index) / 200) * (1 + 0.005 * normalDraw(random)));
  const small = findTrend(drifting(0.03));
  expect(small?.probability).toBeLessThan(1e-6);
  expect(small?.isSteady).toBe(true);
  expect(findTrend(drifting(0.15))?.isSteady).toBe(false);
});

test('a warm-up that was too short is found', () => {
  const random = createRandom(6);
  const values = Array.from(
    { length: 60 },
    (_, i) => 5 * (1 + 0.5 * Math.exp(-i / 10)) * (1 + 0.01 * normalDraw(random)),
  );
  expect(findTrend(values)).toMatchObject({ isSteady: false });
  expect(findTrend(values)?.driftRatio).toBeLessThan(-0.05);
});

test('noise without a trend is called unsteady in at most 1 % of series', () => {
  const random = createRandom(12);
  let alarms = 0;
  let small = 0;
  for (let run = 0; run < 4000; run++) {
    const trend = findTrend(Array.from({ length: 24 }, () => 5 * Math.exp(0.3 * normalDraw(random))));
    if (trend?.isSteady === false) alarms += 1;
    if ((trend?.probability ?? 1) <= 0.01) small += 1;
  }
  // Three standard errors of 1 % in 4,000 series are 0.47 points; the test by itself keeps its level too.
  expect(alarms / 4000).toBeLessThan(0.0147);
  expect(small / 4000).toBeLessThan(0.0147);
  expect(small / 4000).toBeGreaterThan(0.004);
});

test('tens of thousands of slices take no time', () => {
  const random = createRandom(1);
  const values = Array.from({ length: 50_000 }, () => 1 + random.below(1000));
  const start = performance.now();
  findTrend(values);
  expect(performance.now() - start).toBeLessThan(2000);
});

/** P(|Z| ≥ z), summed up from the density. */
function twoSided(z: number): number {
  let sum = 0;
  for (let x = z + 5e-5; x < z + 12; x += 1e-4) sum += Math.exp(-0.5 * x * x);
  return (2 * sum * 1e-4) / Math.sqrt(2 * Math.PI);
}
