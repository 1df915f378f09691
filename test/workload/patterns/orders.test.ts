import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PatternName, patternNames, recordOrders } from '../../../src/workload/patterns/index.ts';
import type { PatternOptions } from '../../../src/workload/patterns/pattern.ts';
import { Random } from '../../../src/workload/random.ts';

function records(
  pattern: PatternName,
  count: number,
  options: Partial<Omit<PatternOptions, 'random'>> & { seed?: number },
) {
  const { seed = 1, ...rest } = options;
  const order = recordOrders[pattern]({
    recordCount: 10,
    strideRecordCount: 17,
    theta: 1,
    hotRunRecordCount: 1,
    random: new Random(seed),
    ...rest,
  });
  // Odd batches, so that state across fills is tested.
  const result: number[] = [];
  while (result.length < count) {
    const batch = new Float64Array(7);
    order.fill(batch);
    result.push(...batch);
  }
  return result.slice(0, count);
}

test('every pattern has a name and every name a pattern', () => {
  expect([...patternNames].sort()).toEqual(Object.keys(recordOrders).sort());
});

test.each(patternNames)('%s stays inside its records and is a function of its seed', (pattern) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 40 }),
      fc.double({ min: 0.01, max: 5, noNaN: true }),
      fc.integer({ min: 1, max: 50 }),
      fc.nat(),
      (recordCount, strideRecordCount, theta, hotRunRecordCount, seed) => {
        const options = { recordCount, strideRecordCount, theta, hotRunRecordCount, seed };
        const drawn = records(pattern, 700, options);
        expect(drawn.every((record) => Number.isInteger(record) && record >= 0 && record < recordCount)).toBe(true);
        expect(records(pattern, 700, options)).toEqual(drawn);
      },
    ),
    { seed: 5, numRuns: 60 },
  );
});

describe('fixed orders', () => {
  test('sequential goes up and starts over', () => {
    expect(records('sequential', 7, { recordCount: 3 })).toEqual([0, 1, 2, 0, 1, 2, 0]);
  });

  test('backward goes down and starts over', () => {
    expect(records('backward', 7, { recordCount: 3 })).toEqual([2, 1, 0, 2, 1, 0, 2]);
  });

  test('rewrite-record stays where it is', () => {
    expect(records('rewrite-record', 4, {})).toEqual([0, 0, 0, 0]);
  });

  test('strided follows the loop of iozone step by step', () => {
    // iozone.c, read_stride_perf_test: the position moves by one record with the read, then by the seek.
    const iozone = (numrecs: number, stride: number): number[] => {
      const read: number[] = [];
      let position = 0;
      let wrap = 0;
      for (let i = 0; i < numrecs; i++) {
        read.push(position);
        position += 1;
        if (position + stride >= numrecs - 1) {
          wrap += 1;
          position = numrecs <= stride ? 0 : wrap % numrecs;
        } else {
          position += stride - 1;
        }
      }
      return read;
    };
    for (const [numrecs, stride] of [
      [4096, 17],
      [100, 17],
      [19, 17],
      [18, 17],
      [17, 17],
      [5, 17],
      [64, 1],
      [64, 3],
    ] as const) {
      expect(records('strided', numrecs, { recordCount: numrecs, strideRecordCount: stride })).toEqual(
        iozone(numrecs, stride),
      );
    }
    const deltas = records('strided', 4096, { recordCount: 4096 }).map(
      (record, index, all) => record - (all[index - 1] ?? 0),
    );
    expect(deltas.filter((delta) => delta === 17).length / 4096).toBeGreaterThan(0.99); // as in the recording
  });
});

test('permutation covers every record once before any comes again', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), fc.nat(), (recordCount, seed) => {
      const drawn = records('permutation', 2 * recordCount, { recordCount, seed });
      expect(new Set(drawn.slice(0, recordCount)).size).toBe(recordCount);
      expect(drawn.slice(recordCount)).toEqual(drawn.slice(0, recordCount));
    }),
    { seed: 6, numRuns: 40 },
  );
});

test('random draws with replacement: a pass leaves out 1/e of the records', () => {
  const drawn = records('random', 100_000, { recordCount: 100_000 });
  expect(new Set(drawn).size / 100_000).toBeCloseTo(1 - Math.exp(-1), 2);
});

describe('zipf', () => {
  test.each([0.2, 0.6, 0.99, 1, 1.2, 2.5])('draws ranks in proportion to 1 / k^%d', (theta) => {
    const recordCount = 50;
    const drawCount = 200_000;
    const counts = new Map<number, number>();
    for (const record of records('zipf', drawCount, { recordCount, theta }))
      counts.set(record, (counts.get(record) ?? 0) + 1);
    const observed = Array.from({ length: recordCount }, (_, record) => counts.get(record) ?? 0).sort((a, b) => b - a);
    const weights = Array.from({ length: recordCount }, (_, index) => (index + 1) ** -theta);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let chiSquare = 0;
    let freedom = -1;
    for (const [rank, weight] of weights.entries()) {
      const expected = (drawCount * weight) / total;
      if (expected < 20) continue;
      chiSquare += ((observed[rank] ?? 0) - expected) ** 2 / expected;
      freedom += 1;
    }
    // Sorting by count lowers the statistic a little; the bound is the mean plus five deviations.
    expect(chiSquare).toBeLessThan(freedom + 5 * Math.sqrt(2 * freedom));
  });

  test('a hot run keeps neighbouring ranks side by side, without it they are scattered', () => {
    const hottest = (hotRunRecordCount: number): number[] => {
      const counts = new Map<number, number>();
      for (const record of records('zipf', 50_000, { recordCount: 65_536, theta: 1.5, hotRunRecordCount })) {
        counts.set(record, (counts.get(record) ?? 0) + 1);
      }
      return [...counts]
        .sort((a, b) => b[1] - a[1])
        .slice(0, 16)
        .map(([record]) => Math.floor(record / 16));
    };
    expect(new Set(hottest(16)).size).toBe(1);
    expect(new Set(hottest(1)).size).toBeGreaterThan(14);
  });

  test('half a billion records cost no table', () => {
    const drawn = records('zipf', 10_000, { recordCount: 2 ** 29, theta: 0.9 });
    expect(Math.max(...drawn)).toBeLessThan(2 ** 29);
    expect(new Set(drawn).size).toBeGreaterThan(5000);
  });
});
