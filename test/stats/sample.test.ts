import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { geometricMean } from '../../src/stats/geometric-mean.ts';
import { quantile } from '../../src/stats/quantiles.ts';
import { maximum, minimum, type Sample, toSample } from '../../src/stats/sample.ts';
import { summarize } from '../../src/stats/summary.ts';

function sample(values: readonly number[]): Sample {
  const made = toSample(values);
  if (made === undefined) throw new Error('an empty sample');
  return made;
}

describe('a sample', () => {
  test('is sorted by value and leaves out what is not finite', () => {
    expect(toSample([10, 9, Number.NaN, 1, Number.POSITIVE_INFINITY])).toEqual([1, 9, 10]);
  });

  test('is nothing where no value is finite', () => {
    expect(toSample([])).toBeUndefined();
    expect(toSample([Number.NaN])).toBeUndefined();
  });
});

describe('quantiles are of type 7', () => {
  // R 4: quantile(c(1, 2, 4, 8), c(0, .25, .5, .9, 1)) gives 1, 1.75, 3, 6.8, 8.
  test.each([
    [0, 1],
    [0.25, 1.75],
    [0.5, 3],
    [0.9, 6.8],
    [1, 8],
  ])('the %f-quantile of 1, 2, 4, 8 is %f', (probability, expected) => {
    expect(quantile(sample([8, 1, 4, 2]), probability)).toBeCloseTo(expected, 12);
  });

  test('they rise with the probability and stay within the values', () => {
    const numbers = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1, maxLength: 40 });
    const share = fc.double({ noNaN: true, min: 0, max: 1 });
    fc.assert(
      fc.property(numbers, share, share, (values, one, other) => {
        const sorted = sample(values);
        const [low, high] = [quantile(sorted, Math.min(one, other)), quantile(sorted, Math.max(one, other))];
        expect(low).toBeGreaterThanOrEqual(minimum(sorted));
        expect(high).toBeLessThanOrEqual(maximum(sorted) + 1e-6);
        expect(low).toBeLessThanOrEqual(high + 1e-6);
      }),
      { seed: 1 },
    );
  });
});

test('the geometric mean of a ratio and its reverse is 1, and it does not hide a value that has no logarithm', () => {
  expect(geometricMean([2, 0.5])).toBeCloseTo(1, 15);
  expect(geometricMean([1, 10, 100])).toBeCloseTo(10, 12);
  expect(geometricMean([])).toBeUndefined();
  expect(geometricMean([2, 0])).toBeUndefined();
  expect(geometricMean([2, Number.NaN])).toBeUndefined();
});

describe('a summary', () => {
  // Order statistics for the median at 95 %: David and Nagaraja, table 7.1; 10 values: 2nd and 9th, 97.85 %.
  test.each([
    [6, 1, 6, 0.96875],
    [10, 2, 9, 0.978515625],
    [20, 6, 15, 0.958610534667969],
    [50, 18, 33, 0.967160862435731],
  ])('of %i values has the interval from rank %i to %i', (n, low, high, attained) => {
    const ranks = Array.from({ length: n }, (_, index) => index + 1);
    const summary = summarize(ranks, { confidence: 0.95 });
    expect(summary).toMatchObject({ median: (n + 1) / 2, low, high, n, sufficient: true, warnings: [] });
    expect(summary?.attainedConfidence).toBeCloseTo(attained, 12);
  });

  test('of five values gives their range and says how many are needed', () => {
    const summary = summarize([5, 1, 4, 2, 3], { confidence: 0.95 });
    expect(summary).toMatchObject({ median: 3, low: 1, high: 5, sufficient: false, attainedConfidence: 0.9375 });
    expect(summary?.warnings[0]?.message).toContain('at least 6');
  });

  test('of one value has no coverage, and of none there is no summary', () => {
    expect(summarize([7], { confidence: 0.95 })).toMatchObject({ median: 7, low: 7, high: 7, attainedConfidence: 0 });
    expect(summarize([Number.NaN], { confidence: 0.95 })).toBeUndefined();
  });

  test('of thousands of values does not lose itself in tiny probabilities', () => {
    const ranks = Array.from({ length: 4001 }, (_, index) => index);
    const summary = summarize(ranks, { confidence: 0.95 });
    // The normal approximation: 2000.5 ± 1.96 √4001 / 2 is 62 ranks to each side.
    expect(summary?.low).toBeGreaterThan(2000 - 64);
    expect(summary?.low).toBeLessThan(2000 - 60);
    expect(summary?.attainedConfidence).toBeCloseTo(0.95, 2);
  });
});
