import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Disturbance } from '../../src/engine/engine.ts';
import { EngineError, EnvironmentError, InterruptedError } from '../../src/errors.ts';
import { buildPlan, type Plan, type PlanInput } from '../../src/trial/plan.ts';
import type { TrialRecord } from '../../src/trial/record.ts';
import { type RunOptions, type RunSide, type RunSummary, runSides } from '../../src/trial/runner.ts';
import { scriptedConfigurations, scriptedWorkload } from '../helpers/scripted-engine.ts';
import { TurnEngine } from '../helpers/turn-engine.ts';

/** Of each session in turn, whether it was disturbed; the machine's own counters are not asked. */
const disturbed = vi.hoisted((): { list: boolean[] } => ({ list: [] }));
vi.mock('../../src/engine/host-load.ts', () => ({
  readHostLoad: () => ({}),
  disturbanceBetween: (): Disturbance => ({
    disturbed: disturbed.list.shift() ?? false,
    stealMs: 1,
    waitMs: 2,
    otherIoBytes: 3,
    throttledMs: 4,
  }),
}));
beforeEach(() => {
  disturbed.list = [];
});

const two = scriptedConfigurations(0, 65_536);
const three = scriptedConfigurations(0, 65_536, 131_072);

function planOf(overrides: Partial<PlanInput> = {}): Plan {
  return buildPlan({
    workloads: [scriptedWorkload('reads', { requestCount: 2000 })],
    configurations: two,
    repetitions: 3,
    seed: 1,
    engine: 'qemu-io',
    ...overrides,
  });
}

interface Outcome {
  readonly records: readonly TrialRecord[];
  /** What each side was given, call by call. */
  readonly written: readonly (readonly (readonly TrialRecord[])[])[];
  readonly summary: RunSummary;
}

type Options = Partial<Omit<RunOptions, 'record' | 'completed'>>;

async function run(
  plan: Plan,
  engines: TurnEngine | readonly TurnEngine[],
  options: Options = {},
  completed: readonly (readonly string[])[] = [],
): Promise<Outcome> {
  const written: TrialRecord[][][] = [];
  const sides = (Array.isArray(engines) ? engines : [engines]).map((engine: TurnEngine, index): RunSide => {
    const own: TrialRecord[][] = [];
    written.push(own);
    return {
      engine,
      record: async (records) => void own.push([...records]),
      completed: new Set(completed[index] ?? []),
    };
  });
  const rest = { timeLimitMs: 60_000, traceHostIo: true, signal: new AbortController().signal };
  const slices = { sliceMs: 20, scratchDirectory: '/nowhere' };
  const now = () => 1_767_323_045_678;
  const summary = await runSides(plan, sides, { ...rest, slices, now, ...options });
  return { records: summary.records, written, summary };
}

function sessionOf(record: TrialRecord | undefined): string | undefined {
  return record?.state === 'completed' ? record.slices?.session : undefined;
}

function sessionsOf(records: readonly TrialRecord[]): Set<string | undefined> {
  return new Set(records.map(sessionOf));
}

describe('blocks', () => {
  test('are recorded in the order of the plan, each in one write and with one session', async () => {
    const plan = planOf({ configurations: three });
    const { records, written } = await run(plan, new TurnEngine());
    expect(records.map(({ id }) => id)).toEqual(plan.trials.map(({ id }) => id));
    expect(written[0]?.map((call) => call.length)).toEqual([3, 3, 3]);
    const sessions = written[0]?.map((call) => [...sessionsOf(call)]) ?? [];
    expect(sessions.every((all) => all.length === 1)).toBe(true);
    expect(new Set(sessions.flat()).size).toBe(3);
    for (const record of records) {
      if (record.state !== 'completed') throw new Error(record.reason);
      expect(record.slices?.session).toMatch(/^[0-9a-f]{16}$/);
      // 2,000 requests of 0.1 ms: 200 to see how long one takes, then slices of 20 ms.
      expect(record.slices?.driverMs).toHaveLength(10);
      expect(record.disturbance).toMatchObject({ disturbed: false, waitMs: 2 });
      expect(record.startedAt).toBe('2026-01-02T03:04:05.678Z');
    }
  });

  test('differ in their session from those of another run of the same plan', async () => {
    const first = await run(planOf(), new TurnEngine());
    const second = await run(planOf(), new TurnEngine(), { now: () => 1_767_323_045_679 });
    const sessions = [...first.records, ...second.records].map(sessionOf);
    expect(new Set(sessions).size).toBe(6);
  });

  test('of which one trial is missing are run whole, as half of a session is worth nothing', async () => {
    const plan = planOf();
    const [first, second, ...rest] = plan.trials;
    const done = [first?.id ?? '', rest[0]?.id ?? '', rest[1]?.id ?? ''];
    const { records, summary } = await run(plan, new TurnEngine(), {}, [done]);
    const blocks = [first, second, ...rest.slice(2)].map((trial) => trial?.id);
    expect(records.map(({ id }) => id)).toEqual(blocks);
    expect(sessionsOf(records.slice(0, 2)).size).toBe(1);
    expect(summary.alreadyCompletedCount).toBe(3);
  });

  test('that are not wanted leave no record, and are asked for once each, in order', async () => {
    const plan = planOf({ repetitions: 6 });
    const asked: number[] = [];
    const wants = ({ block }: { readonly block: number }): boolean => {
      asked.push(block);
      return block % 2 === 0;
    };
    const { records, summary } = await run(plan, new TurnEngine(), { wants });
    expect(asked).toEqual([0, 1, 2, 3, 4, 5]);
    expect(records.map(({ block }) => block)).toEqual([0, 0, 2, 2, 4, 4]);
    expect(summary).toMatchObject({ completedCount: 6, failures: [], leftOutCount: 0 });
  });

  test.each([
    ['their images do not fit', { slices: { sliceMs: 20, fits: () => false } }],
    ['there are no slices', { slices: undefined }],
  ])('run one trial after the other where %s', async (_, options) => {
    const engine = new TurnEngine();
    const { records, written } = await run(planOf({ repetitions: 1 }), engine, options as Options);
    expect(engine.log).toEqual(
      planOf()
        .trials.slice(0, 2)
        .map(({ configuration }) => `run ${configuration}`),
    );
    expect(sessionsOf(records)).toEqual(new Set([undefined]));
    expect(written[0]?.map((call) => call.length)).toEqual([1, 1]);
  });

  test('of one configuration run by themselves', async () => {
    const engine = new TurnEngine();
    await run(planOf({ configurations: scriptedConfigurations(0), repetitions: 2 }), engine);
    expect(engine.log).toEqual(['run default', 'run default']);
  });

  test('ask for room with all their trials', async () => {
    const asked: string[][] = [];
    const fits = (trials: readonly { readonly configuration: string }[]): boolean => {
      asked.push(trials.map(({ configuration }) => configuration));
      return true;
    };
    await run(planOf({ configurations: three, repetitions: 1 }), new TurnEngine(), { slices: { sliceMs: 20, fits } });
    expect(asked.map((labels) => labels.length)).toEqual([3]);
  });
});

describe('disturbed blocks', () => {
  test('run again once; both runs are recorded, under two sessions', async () => {
    disturbed.list = [false, true, true, false];
    const plan = planOf();
    const { records, written } = await run(plan, new TurnEngine());
    expect(records.map(({ block }) => block)).toEqual([0, 0, 1, 1, 1, 1, 2, 2]);
    expect(written[0]?.map((call) => sessionsOf(call).size)).toEqual([1, 1, 1, 1]);
    expect(sessionsOf(records).size).toBe(4);
    const flags = records.map((record) => record.state === 'completed' && record.disturbance?.disturbed);
    expect(flags).toEqual([false, false, true, true, true, true, false, false]);
  });

  test('do not run again where most are: that is how the machine is', async () => {
    disturbed.list = Array.from({ length: 50 }, () => true);
    const { records } = await run(planOf({ repetitions: 12 }), new TurnEngine());
    const runsPerBlock = Array.from(
      { length: 12 },
      (_, block) => records.filter((one) => one.block === block).length / 2,
    );
    expect(runsPerBlock[0]).toBe(2);
    expect(runsPerBlock.slice(1)).toEqual(Array.from({ length: 11 }, () => 1));
  });

  test('up to a quarter of all run again, and one more', async () => {
    // Every fourth block; its second run is quiet.
    disturbed.list = Array.from({ length: 3 }, () => [false, false, false, true, false]).flat();
    const { records } = await run(planOf({ repetitions: 12 }), new TurnEngine());
    expect(records).toHaveLength(2 * 15);
  });
});

describe('failures', () => {
  test('of one trial are recorded, the others of the block keep their session', async () => {
    const engine = new TurnEngine((label, call) => (label === 'default' && call === 1 ? 'fails' : 0.1));
    const { records, summary } = await run(planOf({ configurations: three }), engine);
    const block = records.filter((one) => one.block === 1);
    expect(block.map(({ state }) => state).sort()).toEqual(['completed', 'completed', 'failed']);
    expect(sessionsOf(block.filter(({ state }) => state === 'completed')).size).toBe(1);
    expect(summary.failures).toMatchObject([
      { state: 'failed', reason: 'it failed', configuration: { label: 'default' } },
    ]);
    expect(summary.completedCount).toBe(8);
  });

  test('of one that cannot begin leave the others to run', async () => {
    const engine = new TurnEngine((label) => (label === 'default' ? 'cannot begin' : 0.1));
    const { records } = await run(planOf({ configurations: three, repetitions: 1 }), engine);
    expect(records.map(({ state }) => state).sort()).toEqual(['completed', 'completed', 'failed']);
  });

  test('three in a row skip the rest of the cell; what is left of the block goes on', async () => {
    const engine = new TurnEngine((label) => (label === 'default' ? 'fails' : 0.1));
    const { records } = await run(planOf({ configurations: three, repetitions: 5 }), engine);
    const states = (label: string): string[] =>
      records.filter(({ configuration }) => configuration.label === label).map(({ state }) => state);
    expect(states('default')).toEqual(['failed', 'failed', 'failed', 'skipped', 'skipped']);
    expect(states('cluster_size=64K')).toEqual(Array.from({ length: 5 }, () => 'completed'));
    for (const block of [3, 4]) {
      const left = records.filter((one) => one.block === block && one.state === 'completed');
      expect(left).toHaveLength(2);
      expect(sessionsOf(left).size).toBe(1);
      expect(sessionOf(left[0])).toBeDefined();
    }
  });

  test('of a helper fail the block’s trials and not the run', async () => {
    const failure = { command: ['x'], exitCode: 1, signal: null, durationMs: 1, stderrTail: '', timedOut: false };
    const error = new EngineError('qemu-img create failed', failure);
    const engine = new TurnEngine((label, call) => (label === 'default' && call === 0 ? error : 0.1));
    const { records } = await run(planOf(), engine);
    expect(records.map(({ state }) => state)).toEqual([
      'failed',
      'failed',
      ...Array.from({ length: 4 }, () => 'completed'),
    ]);
    expect(records[0]).toMatchObject({ reason: 'qemu-img create failed' });
  });

  test('that are no matter of one block end the run', async () => {
    const engine = new TurnEngine(() => new EnvironmentError('qemu-io is gone'));
    await expect(run(planOf(), engine)).rejects.toThrow('qemu-io is gone');
  });
});

describe('an interruption', () => {
  test('leaves the block aborted, in the journal, and the images closed', async () => {
    const controller = new AbortController();
    const engine = new TurnEngine((_, call) => {
      if (call !== 1) return 0.1;
      setImmediate(() => controller.abort());
      return 'hangs';
    });
    const written: TrialRecord[] = [];
    const side: RunSide = { engine, record: async (records) => void written.push(...records) };
    const options = { timeLimitMs: 60_000, traceHostIo: true, slices: { sliceMs: 20 }, now: () => 0 };
    await expect(runSides(planOf(), [side], { ...options, signal: controller.signal })).rejects.toThrow(
      InterruptedError,
    );
    expect(written.map(({ state }) => state)).toEqual(['completed', 'completed', 'aborted', 'aborted']);
    expect(engine.log.filter((entry) => entry.startsWith('finish'))).toHaveLength(4);
  });

  test('that an engine throws is one too', async () => {
    const controller = new AbortController();
    const engine = new TurnEngine(() => {
      controller.abort();
      return new InterruptedError();
    });
    const written: TrialRecord[] = [];
    const side: RunSide = { engine, record: async (records) => void written.push(...records) };
    const options = { timeLimitMs: 60_000, traceHostIo: true, slices: { sliceMs: 20 }, now: () => 0 };
    await expect(runSides(planOf(), [side], { ...options, signal: controller.signal })).rejects.toThrow(
      InterruptedError,
    );
    expect(written.map(({ state }) => state)).toEqual(['aborted', 'aborted']);
  });
});

describe('two sides', () => {
  test('take turns in one session a block; each has its own records of the same trials', async () => {
    const plan = planOf();
    const engines = [new TurnEngine(() => 0.1), new TurnEngine(() => 0.2)];
    const { written } = await run(plan, engines);
    const [left = [], right = []] = written;
    expect(left.map((call) => call.map(({ id }) => id))).toEqual(right.map((call) => call.map(({ id }) => id)));
    left.forEach((call, block) => {
      expect(sessionsOf([...call, ...(right[block] ?? [])]).size).toBe(1);
    });
    const sum = (record: TrialRecord | undefined): number =>
      record?.state === 'completed' ? (record.slices?.driverMs.reduce((total, ms) => total + ms, 0) ?? 0) : 0;
    expect(sum(left[0]?.[0])).toBeCloseTo(200, 6);
    expect(sum(right[0]?.[0])).toBeCloseTo(400, 6);
  });

  test('begin in turn: neither is always the first', async () => {
    const log: string[] = [];
    const engineOf = (name: string) =>
      new TurnEngine(() => {
        log.push(name);
        return 0.1;
      });
    const plan = planOf({ configurations: scriptedConfigurations(0), repetitions: 4 });
    await run(plan, [engineOf('old'), engineOf('new')]);
    expect(log).toEqual(['old', 'new', 'new', 'old', 'old', 'new', 'new', 'old']);
  });

  test('of one configuration take turns with each other', async () => {
    const engines = [new TurnEngine(), new TurnEngine()];
    const { records } = await run(planOf({ configurations: scriptedConfigurations(0), repetitions: 2 }), engines);
    expect(records).toHaveLength(4);
    expect(sessionsOf(records).size).toBe(2);
  });

  test('run a block again where one of them lacks it, and count failures apart', async () => {
    const plan = planOf({ configurations: scriptedConfigurations(0), repetitions: 5 });
    const [first] = plan.trials;
    const engines = [new TurnEngine(), new TurnEngine(() => 'fails')];
    const { written, summary } = await run(plan, engines, {}, [[first?.id ?? '']]);
    expect(written[0]?.flat()).toHaveLength(5);
    expect(written[0]?.flat().every(({ state }) => state === 'completed')).toBe(true);
    const states = written[1]?.flat().map(({ state }) => state);
    expect(states).toEqual(['failed', 'failed', 'failed', 'skipped', 'skipped']);
    expect(summary.alreadyCompletedCount).toBe(1);
  });
});

test('after the deadline no block begins, and none is half done', async () => {
  let now = 1000;
  const engine = new TurnEngine(() => {
    now += 50;
    return 0.1;
  });
  const options = { now: () => now, deadline: 1150, estimateMs: () => 1 };
  const { records, summary } = await run(planOf({ repetitions: 8 }), engine, options);
  expect(records.length % 2).toBe(0);
  expect(records.length).toBe(4);
  expect(summary.leftOutCount).toBe(12);
});
