import { describe, expect, test } from 'vitest';
import { race } from '../../../src/advisor/race/race.ts';
import type { RaceOptions, RaceOutcome, Track } from '../../../src/advisor/race/types.ts';
import { baselineKey, type SimulatedWorld, simulatedSpace, simulatedTrack } from './simulated-track.ts';

const options: RaceOptions = {
  baseline: baselineKey,
  goal: 'fastest',
  budgetMs: 60_000,
  seed: 1,
  toleranceRatio: 0.02,
};
const near = Math.log1p(0.03);

async function races(world: Omit<SimulatedWorld, 'seed'>, count: number, noise: number) {
  const found = { near: 0, worse: 0, lanes: 0, defaults: 0, distrusted: 0 };
  for (let seed = 0; seed < count; seed++) {
    const space = simulatedSpace({ seed, ...world });
    const track = simulatedTrack(space, { seed: 1000 + seed, noise });
    const outcome = await race(space.candidates, track, { ...options, seed });
    const rate = (key: string) => space.truth.get(key) as number;
    const best = Math.max(...space.truth.values());
    if (rate(outcome.pick) >= best - near) found.near += 1;
    if (rate(outcome.pick) < rate(baselineKey) - near) found.worse += 1;
    if (outcome.pick === baselineKey) found.defaults += 1;
    if (!outcome.modelTrusted) found.distrusted += 1;
    found.lanes += track.ran.flat().length;
  }
  return { ...found, lanes: found.lanes / count };
}

describe('with simulated noise', () => {
  test('nearly every pick is near the best, none is worse than the defaults, and few of 240 are run', async () => {
    const found = await races({}, 12, 0.015);
    expect(found.near).toBeGreaterThanOrEqual(11);
    expect(found.worse).toBe(0);
    expect(found.lanes).toBeLessThan(80);
  });

  test('where all are alike the defaults stay', async () => {
    expect(await races({ missCost: 0, clusterGain: 0 }, 4, 0.01)).toMatchObject({ near: 4, worse: 0, defaults: 4 });
  });

  test('a model whose order is wrong is dropped, and the best is found all the same', async () => {
    const found = await races({ shuffled: true }, 6, 0.015);
    expect(found.distrusted).toBeGreaterThanOrEqual(5);
    expect(found.near).toBeGreaterThanOrEqual(5);
    expect(found.worse).toBe(0);
  });
});

test('the same heats and the same seed give the same outcome', async () => {
  const run = () => {
    const space = simulatedSpace({ seed: 3 });
    return race(space.candidates, simulatedTrack(space, { seed: 4, noise: 0.02 }), options);
  };
  expect(await run()).toEqual(await run());
});

test('the time is kept, and what is left of it confirms the winner', async () => {
  const space = simulatedSpace({ seed: 5, missCost: 0.05, clusterGain: 0.02 });
  const track = simulatedTrack(space, { seed: 6, noise: 0.04, laneMs: 500 });
  const outcome = await race(space.candidates, track, { ...options, budgetMs: 20_000 });
  expect(outcome.spentMs).toBeLessThanOrEqual(20_000);
  expect(outcome.spentMs).toBe(track.ran.flat().length * 500);
});

test('the first heat runs however little time there is, and no other', async () => {
  const space = simulatedSpace({ seed: 5 });
  const track = simulatedTrack(space, { seed: 6, noise: 0.04 });
  const outcome = await race(space.candidates, track, { ...options, budgetMs: 1 });
  expect(track.ran).toHaveLength(1);
  expect(outcome.decided).toBe(false);
});

test('whoever fails is out of the race with the reason, and is neither run again nor picked', async () => {
  const space = simulatedSpace({ seed: 7 });
  const best = [...space.truth].sort((a, b) => b[1] - a[1])[0]?.[0] as string;
  const clusters = best.slice(0, 2);
  const failing = new Map(
    [...space.truth.keys()].filter((key) => key.startsWith(clusters)).map((key) => [key, 'it hung']),
  );
  const track = simulatedTrack(space, { seed: 8, noise: 0.015, failing });
  const outcome = await race(space.candidates, track, options);
  expect(failing.has(outcome.pick)).toBe(false);
  expect(outcome.failures.size).toBeGreaterThan(0);
  for (const [key, reason] of outcome.failures) {
    expect(reason).toBe('it hung');
    expect(track.ran.filter((keys) => keys.includes(key))).toHaveLength(1);
  }
});

test('blocks that were disturbed weigh less', async () => {
  const space = simulatedSpace({ seed: 9 });
  const outcomes: RaceOutcome[] = [];
  for (const disturbEvery of [3, 4]) {
    outcomes.push(
      await race(space.candidates, simulatedTrack(space, { seed: 10, noise: 0.01, disturbEvery }), options),
    );
  }
  const best = Math.max(...space.truth.values());
  for (const { pick } of outcomes) expect(space.truth.get(pick)).toBeGreaterThan(best - 0.06);
});

test('defaults that are barred are compared with and never picked', async () => {
  const space = simulatedSpace({ seed: 11, missCost: 0, clusterGain: 0 });
  const track = simulatedTrack(space, { seed: 12, noise: 0.01 });
  const outcome = await race(space.candidates, track, { ...options, baselineBarred: true });
  expect(outcome.pick).not.toBe(baselineKey);
  for (const keys of track.ran) expect(keys[0]).toBe(baselineKey);
});

test('without noise nothing is confirmed, and a race ends when it is told to', async () => {
  const space = simulatedSpace({ seed: 13, sharedError: 0.001, ownError: 0.001 });
  const track = simulatedTrack(space, { seed: 14, noise: 0 });
  const outcome = await race(space.candidates, track, { ...options, exact: true, mostHeats: 4 });
  expect(outcome.confirmationCount).toBe(0);
  expect(track.ran.length).toBeLessThanOrEqual(4);
  expect(space.truth.get(outcome.pick)).toBeGreaterThan(Math.max(...space.truth.values()) - near);
});

test('a runner-up that the fresh blocks put ahead is picked, and the blocks are its own', async () => {
  const features = { subclusters: false, preallocated: false, lazyRefcounts: false, coverageLog2: 0, entryLog2: 12 };
  const logRates = new Map([
    [baselineKey, 9],
    ['first', 9.1],
    ['second', 9.09],
  ]);
  const candidates = [...logRates].map(([key, logRate], at) => ({
    ...{ key, logRate, cost: 0 },
    features: { ...features, clusterLog2: 16 + 2 * at },
  }));
  const blocks = (ahead: number): Track => {
    let count = 0;
    return async (keys) => {
      count += 1;
      const lanes = keys.map((key) => {
        // A noise that the blocks have in turn, so that no two are alike.
        const noise = 0.004 * ((count % 3) - 1) * (key === 'second' ? 1 : -1);
        const logRate = (logRates.get(key) as number) + (key === 'second' ? ahead : 0) + noise;
        return {
          key,
          logRate,
          logError: 0.002,
          against: { base: [1, 1], head: [1, 1].map(() => Math.exp(logRate - 9)) },
        };
      });
      return { lanes, costMs: 1000 };
    };
  };
  const chosen = async (ahead: number) =>
    race(candidates, blocks(0), {
      ...{ ...options, budgetMs: 60_000, mostHeats: 3 },
      confirmation: { track: blocks(ahead), blockMs: 1000 },
    });
  const swapped = await chosen(0.2);
  expect([swapped.winner, swapped.pick]).toEqual(['first', 'second']);
  expect(swapped.confirmation?.comparison.ratio).toBeCloseTo(Math.exp(0.29), 1);
  expect(swapped.confirmation?.runnerUp).toMatchObject({ key: 'first', ratio: expect.closeTo(Math.exp(-0.19), 2) });
  expect(await chosen(0)).toMatchObject({ winner: 'first', pick: 'first' });
});
