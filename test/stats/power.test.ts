import { describe, expect, test } from 'vitest';
import { blocksNeeded, powerOf, visibleEffect } from '../../src/stats/power.ts';
import { createRandom } from '../../src/stats/random.ts';
import { deviationInterval } from '../../src/stats/sample-deviation.ts';
import { studentCritical } from '../../src/stats/student.ts';
import { normalDraw } from '../helpers/draws.ts';

/** Share of simulated runs whose mean is beyond Student's point and the threshold, in the direction of the effect. */
function foundShare(
  blockCount: number,
  effectRatio: number,
  { deviation, level, thresholdRatio = 0 }: { deviation: number; level: number; thresholdRatio?: number },
  runs: number,
): number {
  const random = createRandom(11);
  const critical = studentCritical(level, blockCount - 1);
  let found = 0;
  for (let run = 0; run < runs; run++) {
    let sum = 0;
    let squares = 0;
    for (let block = 0; block < blockCount; block++) {
      const value = Math.log1p(effectRatio) + deviation * normalDraw(random);
      sum += value;
      squares += value * value;
    }
    const mean = sum / blockCount;
    const error = Math.sqrt((squares - sum * mean) / (blockCount - 1) / blockCount);
    if (mean > critical * error && mean >= Math.log1p(thresholdRatio)) found += 1;
  }
  return found / runs;
}

const runs = 20_000;
/** Three standard errors of a share of 80 % in so many runs, and a hair. */
const tolerance = 3 * Math.sqrt((0.8 * 0.2) / runs) + 0.001;

describe('power', () => {
  test.each([
    [4, 0.05, { deviation: 0.01, level: 0.01 }],
    [10, 0.03, { deviation: 0.02, level: 0.01 }],
    [12, 0.012, { deviation: 0.01, level: 0.002 }],
    [30, 0.011, { deviation: 0.01, level: 0.01, thresholdRatio: 0.01 }],
  ])('of %d blocks for an effect of %d is what a simulation finds: %j', (blockCount, effectRatio, options) => {
    const power = powerOf(blockCount, effectRatio, options);
    expect(power).toBeGreaterThan(0.2);
    expect(power).toBeLessThan(0.999);
    expect(Math.abs(foundShare(blockCount, effectRatio, options, runs) - power)).toBeLessThan(tolerance);
  });

  test('without an effect it is half the level: the other half points the wrong way', () => {
    expect(powerOf(8, 0, { deviation: 0.02, level: 0.05 })).toBeCloseTo(0.025, 3);
  });

  test('an effect at the threshold is found half the time, however many blocks there are', () => {
    const options = { deviation: 0.01, level: 0.01, thresholdRatio: 0.02 };
    expect(powerOf(5000, 0.02, options)).toBeCloseTo(0.5, 3);
    expect(blocksNeeded(0.02, options)).toBeNull();
  });

  test('noise of zero shows any effect', () => {
    expect(powerOf(4, 1e-6, { deviation: 0, level: 0.01 })).toBe(1);
    expect(powerOf(4, 0, { deviation: 0, level: 0.01 })).toBe(0);
    expect(powerOf(4, 0.01, { deviation: 0, level: 0.01, thresholdRatio: 0.02 })).toBe(0);
  });
});

describe('blocks needed', () => {
  test.each([0.01, 0.02, 0.05, 0.1])('for %d are the fewest with a power of 80', (effectRatio) => {
    const options = { deviation: 0.02, level: 0.01 };
    const count = blocksNeeded(effectRatio, options) ?? 0;
    expect(powerOf(count, effectRatio, options)).toBeGreaterThanOrEqual(0.8);
    expect(powerOf(count - 1, effectRatio, options)).toBeLessThan(0.8);
    expect(foundShare(count, effectRatio, options, runs)).toBeGreaterThan(0.8 - tolerance);
  });

  test('grow with the square of the noise once there are many', () => {
    const needed = (deviation: number): number => blocksNeeded(0.01, { deviation, level: 0.01 }) ?? 0;
    expect(needed(0.1) / needed(0.05)).toBeCloseTo(4, 1);
  });

  test('are at least what is measured in any case', () => {
    expect(blocksNeeded(0.5, { deviation: 0.001, level: 0.01 }, { fewest: 4 })).toBe(4);
  });

  test('are not promised beyond 10,000', () => {
    expect(blocksNeeded(0.001, { deviation: 0.2, level: 0.01 })).toBeNull();
  });

  test('more power takes more of them', () => {
    const options = { deviation: 0.02, level: 0.01 };
    const needed = (power: number): number => blocksNeeded(0.01, options, { power }) ?? 0;
    expect(needed(0.95)).toBeGreaterThan(needed(0.8));
  });
});

describe('the visible effect', () => {
  test.each([4, 10, 100])('of %d blocks is the one that needs as many', (blockCount) => {
    const options = { deviation: 0.01, level: 0.01 };
    const effect = visibleEffect(blockCount, options) ?? 0;
    expect(powerOf(blockCount, effect, options)).toBeCloseTo(0.8, 3);
    expect(blocksNeeded(effect * 1.001, options)).toBe(blockCount);
  });

  test('is none for one block, or where not even a factor of 11 is seen', () => {
    expect(visibleEffect(1, { deviation: 0.01, level: 0.01 })).toBeNull();
    expect(visibleEffect(2, { deviation: 1, level: 0.001 })).toBeNull();
  });
});

describe('the interval of a standard deviation', () => {
  // From the tabled points of chi-squared, e.g. 2.700 and 19.023 with 9 degrees of freedom.
  test.each([
    [2, 0.4461, 31.91],
    [10, 0.6878, 1.8256],
    [31, 0.7991, 1.3367],
    [101, 0.8785, 1.1607],
  ])('of %d values, as a multiple of theirs', (count, low, high) => {
    const interval = deviationInterval(2, count, 0.95);
    expect(interval.low / 2).toBeCloseTo(low, 3);
    expect(interval.high / 2 / high).toBeCloseTo(1, 3);
  });

  test('holds the true one in 95 of 100 simulated samples', () => {
    const random = createRandom(3);
    let held = 0;
    for (let run = 0; run < 4000; run++) {
      const values = Array.from({ length: 6 }, () => normalDraw(random));
      const mean = values.reduce((sum, value) => sum + value, 0) / 6;
      const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 5);
      const { low, high } = deviationInterval(deviation, 6, 0.95);
      if (low <= 1 && high >= 1) held += 1;
    }
    expect(held / 4000).toBeGreaterThan(0.94);
    expect(held / 4000).toBeLessThan(0.96);
  });
});
