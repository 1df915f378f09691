import { describe, expect, test } from 'vitest';
import { nominalLevel } from '../../src/stats/group-sequential.ts';
import { createRandom } from '../../src/stats/random.ts';
import { normalDraw } from '../helpers/draws.ts';

describe('the level of a look', () => {
  // Jennison and Turnbull, "Group sequential methods", table 2.1: C_P(K, α) as two-sided probabilities.
  test.each([
    [2, 0.05, 2.178],
    [5, 0.05, 2.413],
    [10, 0.05, 2.555],
    [5, 0.01, 2.986],
    [10, 0.01, 3.117],
  ])('%d equally spaced looks at %d', (count, errorRate, boundary) => {
    const looks = Array.from({ length: count }, (_, index) => index + 1);
    expect(nominalLevel(looks, errorRate)).toBeCloseTo(twoSidedNormal(boundary), 4);
  });

  test('one look, or none, has the whole rate', () => {
    expect(nominalLevel([], 0.01)).toBe(0.01);
    expect(nominalLevel([7], 0.05)).toBe(0.05);
  });

  test('holds the rate for unequal looks, as a simulation sees it', () => {
    const looks = [4, 6, 9, 14, 20, 30];
    const boundary = normalPoint(nominalLevel(looks, 0.05));
    const random = createRandom(7);
    const runs = 20_000;
    let crossed = 0;
    for (let run = 0; run < runs; run++) {
      let sum = 0;
      let count = 0;
      let out = false;
      for (const look of looks) {
        for (; count < look; count++) sum += normalDraw(random);
        out ||= Math.abs(sum) > boundary * Math.sqrt(count);
      }
      crossed += out ? 1 : 0;
    }
    // Three standard errors of 20,000 runs at 5 % are 0.46 points.
    expect(crossed / runs).toBeGreaterThan(0.0454);
    expect(crossed / runs).toBeLessThan(0.0546);
  });
});

/** P(|Z| ≥ z), summed up from the density. */
function twoSidedNormal(z: number): number {
  let sum = 0;
  const step = 1e-4;
  for (let x = z + step / 2; x < z + 12; x += step) sum += Math.exp(-0.5 * x * x);
  return (2 * sum * step) / Math.sqrt(2 * Math.PI);
}

function normalPoint(probability: number): number {
  let low = 0;
  let high = 8;
  for (let step = 0; step < 30; step++) {
    const middle = (low + high) / 2;
    if (twoSidedNormal(middle) > probability) low = middle;
    else high = middle;
  }
  return low;
}
