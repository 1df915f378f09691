import { expect, test } from 'vitest';
import { meanProfiles, profileFor } from '../../../bench/study/cost-profiles.ts';
import { shippedProfiles } from '../../../src/driver/cost/shipped/index.ts';

test('the mean of calibrations is taken number by number; texts and sizes stay', () => {
  const [one] = shippedProfiles;
  if (one === undefined) throw new Error('no profile ships');
  const slower = {
    ...one,
    io: { ...one.io, readFar: one.io.readFar.map((point) => ({ ...point, ns: point.ns * 3 })) },
    stalls: 0.2,
  };
  const [mean] = meanProfiles([[one], [slower]]);
  expect(mean?.name).toBe(one.name);
  expect(mean?.stalls).toBeCloseTo(0.1, 9);
  expect(mean?.io.readFar[0]?.ns).toBeCloseTo(2 * (one.io.readFar[0]?.ns ?? 0), 6);
  expect(mean?.io.readFar[0]?.at).toBe(one.io.readFar[0]?.at);
  expect(mean?.io.writeFar).toEqual(one.io.writeFar);
  expect(meanProfiles([[one]])).toEqual([one]);
});

test('a mode that was not calibrated is an error that says what to do', () => {
  expect(() => profileFor([], 'direct', 'io_uring')).toThrow('there is no cost profile of cache direct, aio io_uring');
});
