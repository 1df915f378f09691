import { expect, test } from 'vitest';
import { formatCount, formatRatio } from '../../src/units/rate.ts';

test.each([
  [940, '940'],
  [21_900, '21.9k'],
  [999_600, '1M'],
  [1_612_000, '1.61M'],
  [2.5e9, '2.5G'],
])('a count of %d is printed as %s', (value, text) => {
  expect(formatCount(value)).toBe(text);
});

test.each([
  [0, '0 %'],
  [0.008, '0.8 %'],
  [0.125, '13 %'],
  [1, '100 %'],
])('a ratio of %d is printed as %s', (value, text) => {
  expect(formatRatio(value)).toBe(text);
});
