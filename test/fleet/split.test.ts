import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recordedCurve } from '../../src/fleet/curve-file.ts';
import { descendingOrder } from '../../src/fleet/descending-order.ts';
import type { MissCurve } from '../../src/fleet/miss-curve.ts';
import { type Demand, gainOf } from '../../src/fleet/split/demand.ts';
import { splitPool } from '../../src/fleet/split/split-pool.ts';
import { traitsCurves } from '../../src/fleet/traits-curve.ts';

const entry = 4096;

interface SmallDisk {
  readonly curve: number;
  readonly entries: number;
  readonly count: number;
  readonly density: number;
}

function demandFor(curves: readonly MissCurve[], disks: readonly SmallDisk[]): Demand {
  return {
    length: disks.length,
    curves,
    curve: Uint16Array.from(disks, (disk) => disk.curve),
    count: Float64Array.from(disks, (disk) => disk.count),
    entryBytes: Uint16Array.from(disks, () => entry),
    leastBytes: Float64Array.from(disks, () => 2 * entry),
    needBytes: Float64Array.from(disks, (disk) => disk.entries * entry),
    density: Float32Array.from(disks, (disk) => disk.density / entry),
  };
}

/** The most that any split saves: every whole number of entries of every group, by dynamic programming. */
function exactGain(demand: Demand, budgetEntries: number): number {
  let best = new Float64Array(budgetEntries + 1);
  for (let group = 0; group < demand.length; group++) {
    const count = demand.count[group] as number;
    const need = (demand.needBytes[group] as number) / entry;
    const next = new Float64Array(budgetEntries + 1).fill(Number.NEGATIVE_INFINITY);
    for (let own = 2; own <= Math.max(2, need); own++) {
      const gain = count * gainOf(demand, group, own * entry);
      for (let spent = own * count; spent <= budgetEntries; spent++) {
        next[spent] = Math.max(next[spent] as number, (best[spent - own * count] as number) + gain);
      }
    }
    best = next;
  }
  return best.reduce((most, gain) => Math.max(most, gain), 0);
}

function solve(demand: Demand, budgetEntries: number) {
  const cacheBytes = new Float64Array(demand.length);
  const groups = Uint32Array.from({ length: demand.length }, (_, group) => group);
  const outcome = splitPool(demand, groups, budgetEntries * entry, cacheBytes);
  let [gain, least, spent] = [0, 0, 0];
  cacheBytes.forEach((cache, group) => {
    const count = demand.count[group] as number;
    gain += count * gainOf(demand, group, cache);
    least += count * gainOf(demand, group, 2 * entry);
    spent += count * cache;
    expect(cache % entry).toBe(0);
    expect(cache).toBeGreaterThanOrEqual(2 * entry);
    expect(cache).toBeLessThanOrEqual(Math.max(2, (demand.needBytes[group] as number) / entry) * entry);
  });
  expect(spent).toBeLessThanOrEqual(budgetEntries * entry);
  expect(outcome.spentBytes).toBe(spent);
  expect(outcome.savedPerSecond).toBeCloseTo(gain - least, 6);
  expect(outcome.boundPerSecond).toBeGreaterThanOrEqual(outcome.savedPerSecond);
  return { gain, ...outcome };
}

const smooth = traitsCurves();
/** Working sets of two loops: nothing is saved until a loop fits. */
const stepped = recordedCurve('loops', 'loops.json', {
  clusterBytes: 65_536,
  entryBytes: entry,
  entryCoverageBytes: 2 ** 25,
  points: [
    [2, 1],
    [9, 0.98],
    [10, 0.55],
    [29, 0.5],
    [30, 0.02],
    [40, 0],
  ].map(([entries = 0, missRatio = 0]) => ({ cacheBytes: entries * entry, missRatio })),
});

const diskOf = (curveCount: number, most: number, counts: fc.Arbitrary<number>): fc.Arbitrary<SmallDisk> =>
  fc.record({
    curve: fc.integer({ min: 0, max: curveCount - 1 }),
    entries: fc.integer({ min: 2, max: most }),
    count: counts,
    density: fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 1000, noNaN: true })),
  });

describe('a split of a pool', () => {
  test('of smooth curves is within 1 % of the exact optimum', () => {
    fc.assert(
      fc.property(
        fc.array(diskOf(smooth.length, 60, fc.constant(1)), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 0, max: 400 }),
        (disks, extra) => {
          const demand = demandFor(smooth, disks);
          const budget = 2 * disks.length + extra;
          expect(solve(demand, budget).gain).toBeGreaterThanOrEqual(0.99 * exactGain(demand, budget));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('with several disks of a kind is within 1 % of the exact optimum, or within one step of one kind', () => {
    fc.assert(
      fc.property(
        fc.array(diskOf(smooth.length, 60, fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 10 }),
        fc.integer({ min: 0, max: 400 }),
        (disks, extra) => {
          const demand = demandFor(smooth, disks);
          const budget = 2 * disks.reduce((sum, { count }) => sum + count, 0) + extra;
          const { gain, pricePerByte } = solve(demand, budget);
          const step = pricePerByte * entry * Math.max(...disks.map(({ count }) => count));
          expect(gain + step).toBeGreaterThanOrEqual(0.99 * exactGain(demand, budget));
        },
      ),
      { numRuns: 200 },
    );
  });

  test('of curves with jumps is within 1 % of the exact optimum', () => {
    fc.assert(
      fc.property(
        fc.array(diskOf(1, 60, fc.constant(1)), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 0, max: 400 }),
        (disks, extra) => {
          const demand = demandFor([stepped], disks);
          const budget = 2 * disks.length + extra;
          expect(solve(demand, budget).gain).toBeGreaterThanOrEqual(0.99 * exactGain(demand, budget));
        },
      ),
      { numRuns: 200 },
    );
  });

  test('spends nothing on idle disks', () => {
    const demand = demandFor(smooth, [
      { curve: 0, entries: 50, count: 1, density: 0 },
      { curve: 0, entries: 50, count: 1, density: 1 },
    ]);
    const cacheBytes = new Float64Array(2);
    splitPool(demand, Uint32Array.of(0, 1), 40 * entry, cacheBytes);
    expect([...cacheBytes]).toEqual([2 * entry, 38 * entry]);
  });

  test('of equal disks is even', () => {
    const demand = demandFor(
      smooth,
      Array.from({ length: 8 }, () => ({ curve: 0, entries: 100, count: 1, density: 3 })),
    );
    const cacheBytes = new Float64Array(8);
    splitPool(
      demand,
      Uint32Array.from({ length: 8 }, (_, at) => at),
      400 * entry,
      cacheBytes,
    );
    expect(Math.max(...cacheBytes) - Math.min(...cacheBytes)).toBeLessThanOrEqual(entry);
  });

  test('saves no less with more memory', () => {
    fc.assert(
      fc.property(fc.array(diskOf(smooth.length, 60, fc.constant(1)), { minLength: 1, maxLength: 10 }), (disks) => {
        const demand = demandFor(smooth, disks);
        let before = 0;
        for (let extra = 0; extra < 300; extra += 37) {
          const { gain } = solve(demand, 2 * disks.length + extra);
          expect(gain).toBeGreaterThanOrEqual(before * (1 - 1e-9));
          before = gain;
        }
      }),
      { numRuns: 50 },
    );
  });
});

test('numbers are ordered from the largest to the smallest, equal ones as they came, few and many', () => {
  const many = fc.array(fc.constantFrom(0, 1e-30, 0.5, 1, 1.5, 3, 1e30), { minLength: 0, maxLength: 30 });
  fc.assert(
    fc.property(many, fc.constantFrom(1, 200), (some, times) => {
      const keys = Float32Array.from(Array.from({ length: times }, () => some).flat());
      const order = [...descendingOrder(keys)];
      const expected = [...keys.keys()].sort((left, right) => (keys[right] ?? 0) - (keys[left] ?? 0) || left - right);
      expect(order).toEqual(expected);
    }),
  );
});
