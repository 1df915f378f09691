import { expect, test } from 'vitest';
import { writeDigits } from '../../src/units/decimal-digits.ts';

test.each([
  0,
  7,
  10,
  999_999_999,
  1_000_000_000,
  1_000_000_001,
  2 ** 31,
  2 ** 32,
  123_456_000_000_001,
  Number.MAX_SAFE_INTEGER,
])('%d', (value) => {
  const buffer = Buffer.alloc(20, 'x');
  const end = writeDigits(buffer, 2, value);
  expect(buffer.toString('latin1', 2, end)).toBe(String(value));
  expect(buffer.toString('latin1', end)).toBe('x'.repeat(20 - end));
});
