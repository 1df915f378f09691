import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bootstrapInterval } from '../../src/stats/bootstrap.ts';
import { holmAdjusted } from '../../src/stats/holm.ts';
import { maximum, minimum, type Sample, toSample } from '../../src/stats/sample.ts';
import {
  neededCount,
  normalCumulative,
  signedRankCumulative,
  signedRankInterval,
  signedRankProbability,
} from '../../src/stats/signed-rank.ts';
import { walshCount, walshOfRank } from '../../src/stats/walsh-averages.ts';

function sample(values: readonly number[]): Sample {
  const made = toSample(values);
  if (made === undefined) throw new Error('an empty sample');
  return made;
}

function listedAverages(values: readonly number[]): number[] {
  return values
    .flatMap((value, index) => values.slice(index).map((other) => (value + other) / 2))
    .sort((left, right) => left - right);
}

const differences = fc.array(fc.double({ noNaN: true, min: -10, max: 10 }), { minLength: 1, maxLength: 30 });
/** Values with many ties. */
const coarse = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 30 });

describe('the Walsh average of a rank', () => {
  test.each([
    ['spread', differences],
    ['tied', coarse],
  ])('is the one that listing and sorting gives, for %s values', (_, values) => {
    fc.assert(
      fc.property(values, fc.double({ noNaN: true, min: 0, max: 0.999 }), (numbers, share) => {
        const sorted = sample(numbers);
        const rank = 1 + Math.floor(share * walshCount(sorted.length));
        expect(walshOfRank(sorted, rank)).toBe(listedAverages([...sorted])[rank - 1]);
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  test('is exact among values that are nearly equal', () => {
    const values = Array.from({ length: 60 }, (_, index) => 1 + index * Number.EPSILON);
    const listed = listedAverages(values);
    for (const rank of [1, 2, 900, 915, 1829, 1830]) expect(walshOfRank(sample(values), rank)).toBe(listed[rank - 1]);
  });
});

describe('the signed-rank distribution', () => {
  // Hollander, Wolfe and Chicken, table A.4, lower tails.
  test.each([
    [6, 0, 0.015625],
    [10, 8, 0.0244140625],
    [20, 52, 0.0242],
    [50, 434, 0.0247],
  ])('P(W ≤ %2$i) for %1$i pairs is as tabled', (n, w, expected) => {
    expect(signedRankCumulative(n, w)).toBeCloseTo(expected, 4);
  });

  test('goes over into the normal approximation without a step', () => {
    for (const share of [0.02, 0.2, 0.5]) {
      const at = (n: number): number => {
        const mean = walshCount(n) / 2;
        const deviation = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
        return signedRankCumulative(n, Math.floor(mean - deviation * (share < 0.1 ? 2 : share < 0.3 ? 0.84 : 0)));
      };
      expect(Math.abs(at(200) - at(201))).toBeLessThan(0.002);
    }
  });

  test('is a distribution', () => {
    expect(signedRankCumulative(12, -1)).toBe(0);
    expect(signedRankCumulative(12, walshCount(12))).toBe(1);
    expect(signedRankCumulative(12, walshCount(12) - 1)).toBeCloseTo(1 - 2 ** -12, 12);
    expect(normalCumulative(1.959964)).toBeCloseTo(0.975, 6);
  });
});

describe('the signed-rank interval', () => {
  // Hollander, Wolfe and Chicken, example 3.1 (depression scale, nine patients): estimate -0.46, 96.1 % interval
  // from -0.786 to -0.010, two-sided probability 0.039.
  const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
  const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
  const change = sample(before.map((value, index) => (after[index] ?? 0) - value));

  test('is that of the textbook', () => {
    const interval = signedRankInterval(change, 0.96);
    expect(interval.estimate).toBeCloseTo(-0.46, 10);
    expect(interval.low).toBeCloseTo(-0.786, 10);
    expect(interval.high).toBeCloseTo(-0.01, 10);
    expect(interval.attainedConfidence).toBeCloseTo(0.961, 3);
    expect(signedRankProbability(change)).toBeCloseTo(0.039, 3);
  });

  test('leaves out zero exactly where the probability is at most the error', () => {
    fc.assert(
      fc.property(fc.oneof(differences, coarse), (values) => {
        const sorted = sample(values);
        const { low, high, attainedConfidence } = signedRankInterval(sorted, 0.95);
        if (attainedConfidence < 0.95) return;
        expect(low > 0 || high < 0).toBe(signedRankProbability(sorted) <= 0.05);
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  test('is mirrored where the differences are', () => {
    fc.assert(
      fc.property(differences, (values) => {
        const interval = signedRankInterval(sample(values), 0.9);
        const mirrored = signedRankInterval(sample(values.map((value) => -value)), 0.9);
        expect(mirrored.estimate).toBeCloseTo(-interval.estimate, 10);
        expect(mirrored.low).toBe(-interval.high);
        expect(mirrored.high).toBe(-interval.low);
      }),
      { seed: 4 },
    );
  });

  test.each([
    [0.9, 5],
    [0.95, 6],
    [0.96875, 6],
    [0.99, 8],
    [0.999, 11],
  ])('reaches %f with no fewer than %i differences', (confidence, expected) => {
    expect(neededCount(confidence)).toBe(expected);
    const values = Array.from({ length: expected }, (_, index) => index + 1);
    expect(signedRankInterval(sample(values), confidence).attainedConfidence).toBeGreaterThanOrEqual(confidence);
    expect(signedRankInterval(sample(values.slice(1)), confidence).attainedConfidence).toBeLessThan(confidence);
  });
});

describe('the bootstrap interval', () => {
  test('lies within the differences and is the same for the same seed', () => {
    fc.assert(
      fc.property(fc.oneof(differences, coarse), fc.integer({ min: 0, max: 1000 }), (values, seed) => {
        const sorted = sample(values);
        const interval = bootstrapInterval(sorted, 0.95, seed);
        if (sorted.length < 2) {
          expect(interval).toBeUndefined();
          return;
        }
        expect(interval?.low).toBeGreaterThanOrEqual(minimum(sorted));
        expect(interval?.high).toBeLessThanOrEqual(maximum(sorted));
        expect(interval?.low).toBeLessThanOrEqual(interval?.high ?? Number.NaN);
        expect(bootstrapInterval(sorted, 0.95, seed)).toEqual(interval);
      }),
      { seed: 5, numRuns: 40 },
    );
  });

  test('is about ± 1.96 standard errors wide on normal noise', () => {
    // 40 normal scores, mean 0, standard deviation 1; the Hodges–Lehmann estimate has 1.047 times the mean's error.
    const scores = Array.from({ length: 40 }, (_, index) => normalScore((index + 0.5) / 40));
    const interval = bootstrapInterval(sample(scores), 0.95, 1);
    const expected = (1.96 * 1.02) / Math.sqrt(40);
    expect(interval?.high).toBeGreaterThan(0.85 * expected);
    expect(interval?.high).toBeLessThan(1.15 * expected);
    expect(interval?.low).toBeCloseTo(-(interval?.high ?? 0), 0.5);
  });
});

function normalScore(probability: number): number {
  let [low, high] = [-8, 8];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (normalCumulative(middle) < probability) low = middle;
    else high = middle;
  }
  return low;
}

test('Holm’s adjustment gives the worked example, in the order of the input', () => {
  const adjusted = holmAdjusted([0.01, 0.04, 0.03]);
  expect(adjusted.map((value) => Number(value.toFixed(10)))).toEqual([0.03, 0.06, 0.06]);
  expect(holmAdjusted([])).toEqual([]);
  expect(holmAdjusted([0.9, 0.8])).toEqual([1, 1]);
});
