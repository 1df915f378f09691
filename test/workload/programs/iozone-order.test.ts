import { expect, test } from 'vitest';
import { iozoneRandomOrder } from '../../../src/workload/programs/iozone-order.ts';
import { MersenneTwister64 } from '../../../src/workload/programs/mersenne-twister-64.ts';

test('the generator is that of Nishimura and Matsumoto', () => {
  // First numbers of mt19937-64.out.txt, with its key, modulo 10^9.
  const twister = new MersenneTwister64([0x12345n, 0x23456n, 0x34567n, 0x45678n]);
  const expected = [7266447313870364031n, 4946485549665804864n, 16945909448695747420n, 16394063075524226720n];
  expect(expected.map(() => twister.below(1e9))).toEqual(expected.map((value) => Number(value % 1_000_000_000n)));
});

test('the order is that in which the real program read its file', () => {
  // Reads of `iozone -i 2 -r 4k -s 256m` that reached the disk, in records of the file; those between were in memory.
  const recorded = [43_523, 49_791, 36_646, 43_298, 7740, 11_977, 2304, 15_275, 19_097, 9114, 23_349, 47_740, 11_990];
  const order = iozoneRandomOrder(65_536);
  expect([...order].filter((record) => recorded.includes(record))).toEqual(recorded);
});

test.each([1, 2, 1000, 4097])('each of %d records once', (count) => {
  const order = iozoneRandomOrder(count);
  expect(new Set(order).size).toBe(count);
  expect(Math.max(...order)).toBe(count - 1);
});
