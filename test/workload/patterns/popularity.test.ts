import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PatternName, recordOrders } from '../../../src/workload/patterns/index.ts';
import type { PatternOptions } from '../../../src/workload/patterns/pattern.ts';
import { Random } from '../../../src/workload/random.ts';

const drawnCount = 200_000;

/** How often each record came up. */
function countsOf(pattern: PatternName, recordCount: number, options: Partial<PatternOptions>): number[] {
  const order = recordOrders[pattern]({
    recordCount,
    strideRecordCount: 17,
    theta: 1,
    hotRunRecordCount: 1,
    random: new Random(11),
    ...options,
  });
  const counts = new Array<number>(recordCount).fill(0);
  const batch = new Float64Array(1000);
  for (let drawn = 0; drawn < drawnCount; drawn += batch.length) {
    order.fill(batch);
    for (const record of batch) counts[record] = (counts[record] ?? 0) + 1;
  }
  return counts;
}

/** Share of the draws that the `share` most popular records got. */
function shareOfHottest(counts: readonly number[], share: number): number {
  const sorted = [...counts].sort((a, b) => b - a);
  return sum(sorted.slice(0, Math.round(share * counts.length))) / drawnCount;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Pearson's statistic per degree of freedom; near 1 where the draws fit, and its standard deviation is √(2 / degrees). */
function misfit(observed: readonly number[], expected: readonly number[]): number {
  const terms = observed.map((count, index) => (count - (expected[index] ?? 0)) ** 2 / (expected[index] ?? 1));
  return sum(terms) / (observed.length - 1);
}

describe('pareto', () => {
  test.each([
    [0.2, 0.8],
    [0.1, 0.9],
    [0.3, 0.7],
  ])('a share of %f of the records gets %f of the requests', (hotShare, expected) => {
    const counts = countsOf('pareto', 10_000, { hotShare });
    expect(shareOfHottest(counts, hotShare)).toBeCloseTo(expected, 1);
  });

  test('the same within the popular share again', () => {
    const counts = countsOf('pareto', 10_000, { hotShare: 0.2, hotRunRecordCount: 10_000 });
    // In one run, so that the rank of a record is its number.
    expect(sum(counts.slice(0, 2000)) / drawnCount).toBeCloseTo(0.8, 2);
    expect(sum(counts.slice(0, 400)) / drawnCount).toBeCloseTo(0.64, 2);
    expect(sum(counts.slice(0, 80)) / drawnCount).toBeCloseTo(0.512, 2);
  });

  test('ranks fit x^(ln 0.8 / ln 0.2)', () => {
    const recordCount = 50;
    const counts = countsOf('pareto', recordCount, { hotShare: 0.2, hotRunRecordCount: recordCount });
    const below = (rank: number): number => (rank / recordCount) ** (Math.log(0.8) / Math.log(0.2));
    const expected = counts.map((_, rank) => drawnCount * (below(rank + 1) - below(rank)));
    expect(misfit(counts, expected)).toBeLessThan(1 + 4 * Math.sqrt(2 / (recordCount - 1)));
  });
});

describe('hotspot', () => {
  test('one piece at the start, both parts uniform', () => {
    const counts = countsOf('hotspot', 100, { hotRequestRatio: 0.9, hotAreaRatio: 0.1, hotRunRecordCount: 100 });
    const expected = counts.map((_, record) => drawnCount * (record < 10 ? 0.9 / 10 : 0.1 / 90));
    expect(misfit(counts, expected)).toBeLessThan(1 + 4 * Math.sqrt(2 / 99));
  });

  test('pieces that are spread over the area', () => {
    const counts = countsOf('hotspot', 1000, { hotRequestRatio: 0.9, hotAreaRatio: 0.1, hotRunRecordCount: 5 });
    const hot = counts.flatMap((count, record) => (count > 500 ? [record] : []));
    expect(hot).toHaveLength(100);
    expect(hot.filter((record) => record % 5 === 0)).toHaveLength(20);
    expect(Math.max(...hot) - Math.min(...hot)).toBeGreaterThan(500);
  });

  test('everything may be hot, or nothing', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 60 }),
        (recordCount, hotRequestRatio, hotAreaRatio, hotRunRecordCount) => {
          const random = new Random(3);
          const shape = { hotRequestRatio, hotAreaRatio, hotRunRecordCount };
          const order = recordOrders.hotspot({ recordCount, random, strideRecordCount: 1, theta: 1, ...shape });
          const batch = new Float64Array(200);
          order.fill(batch);
          expect(batch.every((record) => Number.isInteger(record) && record >= 0 && record < recordCount)).toBe(true);
        },
      ),
    );
  });
});

describe('normal', () => {
  test('mean and deviation are those that are asked for, and tails are a normal curve’s', () => {
    const recordCount = 10_000;
    const counts = countsOf('normal', recordCount, { center: 0.4, deviation: 0.1 });
    const mean = sum(counts.map((count, record) => count * record)) / drawnCount;
    const variance = sum(counts.map((count, record) => count * (record - mean) ** 2)) / drawnCount;
    expect(mean / recordCount).toBeCloseTo(0.4, 2);
    expect(Math.sqrt(variance) / recordCount).toBeCloseTo(0.1, 2);
    const within = (deviations: number): number =>
      sum(counts.filter((_, record) => Math.abs(record - 4000) <= deviations * 1000)) / drawnCount;
    expect(within(1)).toBeCloseTo(0.683, 1);
    expect(within(2)).toBeCloseTo(0.954, 2);
    expect(within(3)).toBeCloseTo(0.9973, 2);
  });

  test('at the edge half of it is drawn again', () => {
    const counts = countsOf('normal', 1000, { center: 0, deviation: 0.1 });
    expect(sum(counts)).toBe(drawnCount);
    expect(sum(counts.slice(0, 100)) / drawnCount).toBeCloseTo(0.683, 1);
  });
});

test('zoned keeps to its zones, uniform inside of each', () => {
  const zones = [
    { fromRecord: 0, toRecord: 10, weight: 60 },
    { fromRecord: 10, toRecord: 40, weight: 30 },
    { fromRecord: 40, toRecord: 90, weight: 10 },
  ];
  const counts = countsOf('zoned', 100, { zones });
  expect(sum(counts.slice(90))).toBe(0);
  const expected = counts.slice(0, 90).map((_, record) => {
    const zone = zones.find(({ toRecord }) => record < toRecord);
    return zone === undefined ? 0 : (drawnCount * zone.weight) / 100 / (zone.toRecord - zone.fromRecord);
  });
  expect(misfit(counts.slice(0, 90), expected)).toBeLessThan(1 + 4 * Math.sqrt(2 / 89));
});
