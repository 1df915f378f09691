import { expect, test } from 'vitest';
import { ReadAhead } from '../../../src/workload/file-system/read-ahead.ts';

const nothing = (): boolean => false;

test('reading from the start opens four pages, then the window grows to 32', () => {
  const open = new ReadAhead();
  expect(open.missed(0, 1, nothing)).toEqual({ first: 0, count: 4, marked: 1 });
  open.ended(4096);
  expect(open.reached(1, 1, nothing)).toEqual({ first: 4, count: 8, marked: 4 });
  expect(open.reached(4, 1, nothing)).toEqual({ first: 12, count: 16, marked: 12 });
  expect(open.reached(12, 1, nothing)).toEqual({ first: 28, count: 32, marked: 28 });
  expect(open.reached(28, 1, nothing)).toEqual({ first: 60, count: 32, marked: 60 });
});

test('a page elsewhere is read alone, and so is each one on the way back', () => {
  const open = new ReadAhead();
  expect(open.missed(500, 1, nothing)).toEqual({ first: 500, count: 1, marked: -1 });
  open.ended(501 * 4096);
  expect(open.missed(499, 1, nothing)).toEqual({ first: 499, count: 1, marked: -1 });
  open.ended(500 * 4096);
  expect(open.missed(498, 16, nothing)).toEqual({ first: 498, count: 16, marked: -1 });
});

test('cached pages in front are taken for an older stream, twice as much where they reach back to the start', () => {
  const open = new ReadAhead();
  open.ended(4096);
  expect(open.missed(100, 1, (page) => page >= 97)).toEqual({ first: 100, count: 4, marked: 103 });
  expect(open.missed(100, 1, (page) => page === 99)).toEqual({ first: 100, count: 1, marked: -1 });
  expect(open.missed(6, 1, () => true)).toEqual({ first: 6, count: 13, marked: 18 });
});

test('a call longer than the window is read whole, up to the largest request', () => {
  expect(new ReadAhead().missed(0, 100, nothing).count).toBe(100);
  expect(new ReadAhead().missed(0, 1000, nothing).count).toBe(320);
});
