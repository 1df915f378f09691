import { expect, test } from 'vitest';
import { kendallTau } from '../../../bench/study/kendall.ts';

test('one swapped neighbour among four', () => {
  expect(kendallTau([1, 2, 3, 4], [1, 2, 4, 3])).toBeCloseTo(4 / 6, 12);
});

test('the same order is 1 whatever the values, the reverse −1', () => {
  expect(kendallTau([3, 1, 2], [300, 0.1, 7])).toBe(1);
  expect(kendallTau([1, 2, 3], [3, 2, 1])).toBe(-1);
});

test('ties count as in tau-b', () => {
  expect(kendallTau([12, 2, 1, 12], [1, 4, 7, 1])).toBe(1 - 2);
  // scipy.stats.kendalltau([12, 2, 1, 12, 2], [1, 4, 7, 1, 0]), from its documentation.
  expect(kendallTau([12, 2, 1, 12, 2], [1, 4, 7, 1, 0])).toBeCloseTo(-0.4714045207910316, 12);
});

test('nothing to rank has no figure', () => {
  expect(kendallTau([1], [1])).toBeNaN();
  expect(kendallTau([1, 1], [1, 2])).toBeNaN();
});
