import { expect, test } from 'vitest';
import { createRandom, splitmix64, xoshiro128 } from '../../src/stats/random.ts';

test('xoshiro128** gives the numbers of its authors’ C program', () => {
  // The reference program with the state 1, 2, 3, 4, compiled here.
  const random = xoshiro128([1, 2, 3, 4]);
  const numbers = Array.from({ length: 8 }, () => random.next());
  expect(numbers).toEqual([11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849]);
});

test('splitmix64 gives the published numbers for the seed 1234567', () => {
  const [first, one] = splitmix64(1234567n);
  const [, two] = splitmix64(first);
  expect([one, two]).toEqual([6457827717110365317n, 3203168211198807973n]);
});

test('a seed decides everything, and near seeds have nothing in common', () => {
  const draw = (seed: number): number[] => {
    const random = createRandom(seed);
    return Array.from({ length: 50 }, () => random.below(1000));
  };
  expect(draw(7)).toEqual(draw(7));
  const shared = draw(7).filter((value, index) => value === draw(8)[index]);
  expect(shared.length).toBeLessThan(4);
});

test('every number below a bound comes up equally often', () => {
  const random = createRandom(3);
  const counts = new Array<number>(6).fill(0);
  for (let draw = 0; draw < 60_000; draw++) {
    const value = random.below(6);
    counts[value] = (counts[value] ?? 0) + 1;
  }
  // Five standard deviations of a binomial around 10,000.
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(10_000 * (5 / 6)));
});
