import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exponential, naturalLog } from '../../src/workload/logarithm.ts';

test('logarithm and exponential agree with the platform to two units in the last place', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => {
      const expected = Math.log(x);
      return Math.abs(naturalLog(x) - expected) <= Math.abs(expected) * 4.5e-16 + Number.MIN_VALUE;
    }),
    { seed: 2, numRuns: 5000 },
  );
  fc.assert(
    fc.property(fc.double({ min: -690, max: 700, noNaN: true }), (x) => {
      const expected = Math.exp(x);
      return Math.abs(exponential(x) - expected) <= expected * 4.5e-16;
    }),
    { seed: 3, numRuns: 5000 },
  );
});

test('exact values are exact', () => {
  expect(naturalLog(1)).toBe(0);
  expect(exponential(0)).toBe(1);
  expect(naturalLog(2)).toBe(Math.LN2);
  expect(exponential(Math.LN2)).toBe(2);
});
