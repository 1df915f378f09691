import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { allowedCpus } from '../../src/engine/affinity.ts';
import type { Engine, EngineJob, EngineOutcome, SlicedTrial } from '../../src/engine/engine.ts';
import { type InterleaveMember, runInterleaved } from '../../src/engine/interleave.ts';
import { workloadOf } from '../helpers/workload.ts';

interface Plan {
  readonly requestCount?: number;
  readonly warmUpCount?: number;
  readonly msPerRequest?: number;
  /** The request at which it fails. */
  readonly failsAt?: number;
  /** Whether it knows the time without stalls: half of that inside the driver. */
  readonly robust?: boolean;
  /** Of the processor, from the start on. */
  readonly usedMs?: number;
  /** What it says instead of beginning. */
  readonly refusal?: EngineOutcome;
  /** Where it throws. */
  readonly throws?: 'begin' | 'advance' | 'finish';
}

interface Advance {
  readonly lane: number;
  readonly to: number;
}

const completed: EngineOutcome = {
  state: 'completed',
  metrics: {} as Extract<EngineOutcome, { state: 'completed' }>['metrics'],
  warnings: [],
  command: [],
  cpus: [],
};

/** Lanes that take exactly the time that they are told, and a log of who ran when. */
function lanes(plans: readonly Plan[]): {
  readonly members: readonly InterleaveMember[];
  readonly log: Advance[];
  readonly lifetimesMs: number[];
  readonly finished: number[];
} {
  const log: Advance[] = [];
  const lifetimesMs: number[] = [];
  const finished: number[] = [];
  const members = plans.map((plan, lane): InterleaveMember => {
    const { requestCount = 10_000, warmUpCount = 0, msPerRequest = 0.5, failsAt = Number.POSITIVE_INFINITY } = plan;
    let position = 0;
    const trial: SlicedTrial = {
      requestCount,
      warmUpCount,
      cpus: allowedCpus().slice(-1),
      usage: () => (plan.usedMs === undefined ? undefined : { userMs: plan.usedMs, ioBytes: 0 }),
      advance: async (to) => {
        if (plan.throws === 'advance') throw new Error('thrown');
        log.push({ lane, to });
        const ms = (to - position) * msPerRequest;
        position = to;
        if (to > failsAt) return undefined;
        return { driverMs: ms / 2, wallMs: ms, ...(plan.robust === true ? { robustMs: ms / 4 } : {}) };
      },
      finish: async () => {
        finished.push(lane);
        if (plan.throws === 'finish') throw new Error('thrown');
        return position > failsAt ? { state: 'failed', reason: 'it broke' } : completed;
      },
    };
    const engine = {
      name: 'simulated',
      begin: async (_: EngineJob, lifetimeMs: number) => {
        if (plan.throws === 'begin') throw new Error('thrown');
        lifetimesMs.push(lifetimeMs);
        return plan.refusal ?? trial;
      },
    } as Partial<Engine> as Engine;
    return { engine, job };
  });
  return { members, log, lifetimesMs, finished };
}

const job: EngineJob = {
  configuration: { label: 'default', create: {}, drive: {} },
  workload: workloadOf([]),
  imageKey: 'image',
  timeLimitMs: 1000,
  traceHostIo: false,
  signal: new AbortController().signal,
};
const options = { sliceMs: 50, seed: 7 };

/** The rounds of a log, each as the lanes in the order in which they ran. */
function rounds(log: readonly Advance[], laneCount: number): readonly (readonly number[])[] {
  const list: number[][] = [];
  for (let index = 0; index < log.length; index += laneCount) {
    list.push(log.slice(index, index + laneCount).map(({ lane }) => lane));
  }
  return list;
}

describe('slices that take turns', () => {
  test('every lane ends its slices at the same requests, and runs all of them', async () => {
    const { members, log, finished } = lanes([{}, {}, {}]);
    const outcomes = await runInterleaved(members, options);
    const ends = [0, 1, 2].map((lane) => log.filter((one) => one.lane === lane).map(({ to }) => to));
    expect(ends[1]).toEqual(ends[0]);
    expect(ends[2]).toEqual(ends[0]);
    expect(ends[0]?.at(-1)).toBe(10_000);
    expect(finished).toEqual([0, 1, 2]);
    for (const { outcome, driverMs } of outcomes) {
      expect(outcome).toBe(completed);
      expect(driverMs.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(2500, 6);
    }
  });

  test('slices take the time that was asked for; the last one has no crumb left to it', async () => {
    const { members, log } = lanes([{ msPerRequest: 0.1, warmUpCount: 100 }]);
    await runInterleaved(members, options);
    const lengths = log.map(({ to }, index) => to - (log[index - 1]?.to ?? 0));
    expect(lengths.slice(0, 3)).toEqual([100, 500, 500]);
    const last = lengths.at(-1) ?? 0;
    expect(last).toBeGreaterThanOrEqual(250);
    expect(last).toBeLessThanOrEqual(750);
  });

  test('without a warm-up 200 requests show how long one takes', async () => {
    const { members, log } = lanes([{ msPerRequest: 0.1 }]);
    await runInterleaved(members, options);
    expect(log.filter(({ to }) => to > 0).map(({ to }) => to)).toEqual(expect.arrayContaining([200, 700, 1200]));
  });

  test('slow requests come in slices of no fewer than 20', async () => {
    const { members, log } = lanes([{ msPerRequest: 40, requestCount: 200, warmUpCount: 10 }]);
    await runInterleaved(members, options);
    expect(log.slice(0, 4).map(({ to }) => to)).toEqual([10, 30, 50, 70]);
  });

  test('every lane runs before every other one as often as after it', async () => {
    const { members, log } = lanes([{ warmUpCount: 1 }, { warmUpCount: 1 }, { warmUpCount: 1 }]);
    await runInterleaved(members, options);
    const order = rounds(log.slice(3), 3);
    expect(order.length).toBeGreaterThan(50);
    const paired = order.slice(0, order.length - (order.length % 2));
    for (const [left, right] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const first = paired.filter((round) => round.indexOf(left) < round.indexOf(right)).length;
      expect(first).toBe(paired.length / 2);
    }
    // All six orders occur: it is not one order and its reverse.
    expect(new Set(order.map(String)).size).toBe(6);
  });

  test('the seed decides the order, and nothing else does', async () => {
    const orderOf = async (seed: number): Promise<string> => {
      const { members, log } = lanes([{}, {}, {}]);
      await runInterleaved(members, { ...options, seed });
      return String(rounds(log, 3));
    };
    expect(await orderOf(1)).toBe(await orderOf(1));
    expect(await orderOf(2)).not.toBe(await orderOf(1));
  });

  test('lanes of unequal lengths end their slices at the same share of their measured requests', async () => {
    const { members, log } = lanes([
      { requestCount: 10_100, warmUpCount: 100 },
      { requestCount: 10_600, warmUpCount: 100 },
      { requestCount: 5050, warmUpCount: 50 },
    ]);
    const outcomes = await runInterleaved(members, options);
    const ends = (lane: number): number[] => log.filter((one) => one.lane === lane).map(({ to }) => to);
    expect(ends(0)).toHaveLength(ends(1).length);
    ends(0).forEach((end, index) => {
      expect(Math.abs((ends(1)[index] ?? 0) - 100 - (end - 100) * 1.05)).toBeLessThanOrEqual(1);
      expect(Math.abs((ends(2)[index] ?? 0) - 50 - (end - 100) / 2)).toBeLessThanOrEqual(1);
    });
    expect(outcomes.map(({ outcome }) => outcome.state)).toEqual(['completed', 'completed', 'completed']);
    expect(new Set(outcomes.map(({ driverMs }) => driverMs.length)).size).toBe(1);
  });

  test('the time without stalls is handed on where a trial knows it', async () => {
    const { members } = lanes([{ robust: true, warmUpCount: 100 }, { warmUpCount: 100 }]);
    const [first, second] = await runInterleaved(members, options);
    expect(first?.robustMs).toEqual(first?.driverMs.map((ms) => ms / 2));
    expect(second).not.toHaveProperty('robustMs');
  });

  test('one that fails leaves, and the others go on to the end', async () => {
    const { members, log } = lanes([{}, { failsAt: 3000 }, {}]);
    const outcomes = await runInterleaved(members, options);
    expect(outcomes.map(({ outcome }) => outcome.state)).toEqual(['completed', 'failed', 'completed']);
    const [first, failed, third] = outcomes.map(({ driverMs }) => driverMs.length);
    expect(third).toBe(first);
    expect(failed).toBeLessThan(first ?? 0);
    const lastOfFailed = log.findLast(({ lane }) => lane === 1)?.to ?? 0;
    expect(lastOfFailed).toBeGreaterThan(3000);
    expect(lastOfFailed).toBeLessThan(10_000);
  });

  test.skipIf(!existsSync('/proc/stat'))('what one used that left is not taken from the others', async () => {
    const { members } = lanes([{ failsAt: 3000, usedMs: 1e9 }, { usedMs: 50 }]);
    const outcomes = await runInterleaved(members, { ...options, scratchDirectory: tmpdir() });
    // No more than passed on the clock.
    expect(outcomes[1]?.disturbance?.waitMs).toBeLessThan(60_000);
  });

  test('one that fails while it warms up has no slices', async () => {
    const { members } = lanes([{ warmUpCount: 100, failsAt: 50 }, { warmUpCount: 100 }]);
    const outcomes = await runInterleaved(members, options);
    expect(outcomes.map(({ outcome }) => outcome.state)).toEqual(['failed', 'completed']);
    expect(outcomes[0]?.driverMs).toEqual([]);
  });

  test('one that cannot begin keeps its reason, and the others run', async () => {
    const refusal: EngineOutcome = { state: 'failed', reason: 'no image' };
    const { members, finished } = lanes([{ refusal }, {}]);
    const outcomes = await runInterleaved(members, options);
    expect(outcomes[0]).toMatchObject({ outcome: refusal, driverMs: [] });
    expect(outcomes[1]?.outcome.state).toBe('completed');
    expect(finished).toEqual([1]);
  });

  test.each([
    ['begin', [0]],
    ['advance', [0, 1, 2]],
    ['finish', [0, 1, 2]],
  ] as const)('an error in %s goes up, and what has begun is ended once', async (throws, ended) => {
    const { members, finished } = lanes([{}, { throws }, {}]);
    await expect(runInterleaved(members, options)).rejects.toThrow('thrown');
    expect(finished).toEqual(ended);
  });

  test('where all fail it ends', async () => {
    const { members } = lanes([{ failsAt: 100 }, { failsAt: 100 }]);
    const outcomes = await runInterleaved(members, options);
    expect(outcomes.map(({ outcome }) => outcome.state)).toEqual(['failed', 'failed']);
  });

  test('a trial lives as long as all of them take', async () => {
    const { members, lifetimesMs } = lanes([{}, {}, {}]);
    await runInterleaved(members, options);
    expect(lifetimesMs).toEqual([3000, 3000, 3000]);
  });

  test('an engine without slices is a mistake of the caller', async () => {
    const engine = { name: 'simulated' } as Partial<Engine> as Engine;
    await expect(runInterleaved([{ engine, job }], options)).rejects.toThrow('cannot run slices');
  });
});
