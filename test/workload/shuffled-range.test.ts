import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../../src/workload/random.ts';
import { ShuffledRange } from '../../src/workload/shuffled-range.ts';

test('every number of the range comes exactly once, whatever its size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(), (count, seed) => {
      const range = new ShuffledRange(count, new Random(seed));
      const seen = new Set(Array.from({ length: count }, (_, index) => range.at(index)));
      return seen.size === count && Math.max(...seen) === count - 1 && Math.min(...seen) === 0;
    }),
    { seed: 4, numRuns: 200 },
  );
});

test('a range of a whole exabyte of sectors stays inside and has no twins in a sample', () => {
  for (const count of [2 ** 31 + 1, 2 ** 32, 2 ** 40 - 7, 2 ** 51 + 3, Number.MAX_SAFE_INTEGER]) {
    const range = new ShuffledRange(count, new Random(9));
    const seen = new Set<number>();
    for (let index = 0; index < 20_000; index++) seen.add(range.at(count - 1 - index));
    expect(seen.size).toBe(20_000);
    expect(Math.max(...seen)).toBeLessThan(count);
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(0);
  }
});

test('the order looks random: neighbours are as far apart as in a random order', () => {
  const count = 100_000;
  const range = new ShuffledRange(count, new Random(3));
  let distance = 0;
  let ascents = 0;
  for (let index = 1; index < count; index++) {
    const step = range.at(index) - range.at(index - 1);
    distance += Math.abs(step);
    if (step > 0) ascents += 1;
  }
  expect(distance / (count - 1) / (count / 3)).toBeCloseTo(1, 1); // a third of the range on average
  expect(ascents / (count - 1)).toBeCloseTo(0.5, 1);
});
