import { describe, expect, test } from 'vitest';
import { studentCritical, studentTwoSided } from '../../src/stats/student.ts';

describe('Student’s distribution', () => {
  // Two-sided points as every table has them; Hollander, Wolfe and Chicken, table A.2.
  test.each([
    [0.05, 1, 12.7062],
    [0.05, 2, 4.30265],
    [0.05, 9, 2.26216],
    [0.01, 3, 5.84091],
    [0.01, 30, 2.75],
    [0.001, 7, 5.40788],
    [0.05, 1e6, 1.95996],
  ])('probability %d with %d degrees of freedom is exceeded by %d', (probability, degrees, expected) => {
    expect(studentCritical(probability, degrees)).toBeCloseTo(expected, 4);
    expect(studentTwoSided(expected, degrees)).toBeCloseTo(probability, 5);
  });

  test('is symmetric, 1 at zero and 0 at infinity', () => {
    expect(studentTwoSided(-2, 5)).toBe(studentTwoSided(2, 5));
    expect(studentTwoSided(0, 5)).toBe(1);
    expect(studentTwoSided(Number.POSITIVE_INFINITY, 5)).toBe(0);
  });
});
