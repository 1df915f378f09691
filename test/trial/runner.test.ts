import { describe, expect, test, vi } from 'vitest';
import type { EngineJob } from '../../src/engine/engine.ts';
import { EngineError, EnvironmentError, InterruptedError } from '../../src/errors.ts';
import { buildPlan, type Plan, type PlanInput } from '../../src/trial/plan.ts';
import type { TrialRecord } from '../../src/trial/record.ts';
import { type RunOptions, type RunProgress, runPlan } from '../../src/trial/runner.ts';
import { ScriptedEngine, scriptedConfigurations, scriptedWorkload } from '../helpers/scripted-engine.ts';

function plan(overrides: Partial<PlanInput> = {}): Plan {
  return buildPlan({
    workloads: [scriptedWorkload('reads')],
    configurations: scriptedConfigurations(0, 65_536),
    repetitions: 5,
    seed: 1,
    engine: 'qemu-io',
    ...overrides,
  });
}

interface Run {
  readonly options: RunOptions;
  readonly records: TrialRecord[];
  readonly controller: AbortController;
}

function setUp(overrides: Partial<RunOptions> = {}): Run {
  const records: TrialRecord[] = [];
  const controller = new AbortController();
  const options: RunOptions = {
    record: async (record) => void records.push(record),
    timeLimitMs: 60_000,
    traceHostIo: true,
    signal: controller.signal,
    now: () => 1_767_323_045_678,
    ...overrides,
  };
  return { options, records, controller };
}

test('every trial of the plan is run in its order and recorded with what the engine measured', async () => {
  const { options, records } = setUp();
  const engine = new ScriptedEngine({ default: 500, 'cluster_size=64K': 2000 });
  const summary = await runPlan(plan(), engine, options);
  expect(records.map((record) => record.id)).toEqual(plan().trials.map((trial) => trial.id));
  for (const record of records) {
    expect(record).toMatchObject({
      state: 'completed',
      metrics: { iops: record.configuration.label === 'default' ? 500 : 2000 },
      startedAt: '2026-01-02T03:04:05.678Z',
      cpus: [1],
    });
  }
  expect(summary).toMatchObject({ completedCount: 10, failures: [], alreadyCompletedCount: 0, leftOutCount: 0 });
});

test('trials that differ in run-time options share an image, trials that differ in the format do not', async () => {
  const { options } = setUp();
  const engine = new ScriptedEngine();
  const configurations = [
    { label: 'a', create: { cluster_size: 65_536 }, drive: { 'l2-cache-size': 1_048_576 } },
    { label: 'b', create: { cluster_size: 65_536 }, drive: {} },
    { label: 'c', create: { cluster_size: 131_072 }, drive: {} },
  ];
  await runPlan(plan({ configurations, repetitions: 2 }), engine, options);
  const keys = new Map(engine.jobs.map((job) => [job.configuration.label, job.imageKey]));
  expect(keys.get('a')).toBe(keys.get('b'));
  expect(keys.get('a')).not.toBe(keys.get('c'));
  expect(keys.get('a')).toMatch(/^[0-9a-f]{16}$/);
});

test('a record is written before the next trial starts', async () => {
  const events: string[] = [];
  const engine = new ScriptedEngine({
    default: () => {
      events.push('run');
      return 1;
    },
  });
  const { options } = setUp({
    record: async () => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      events.push('recorded');
    },
  });
  await runPlan(plan({ configurations: scriptedConfigurations(0), repetitions: 3 }), engine, options);
  expect(events).toEqual(['run', 'recorded', 'run', 'recorded', 'run', 'recorded']);
});

test('completed trials are not run again', async () => {
  const { trials } = plan();
  const { options, records } = setUp({ completed: new Set(trials.slice(0, 7).map((trial) => trial.id)) });
  const summary = await runPlan(plan(), new ScriptedEngine(), options);
  expect(records.map((record) => record.id)).toEqual(trials.slice(7).map((trial) => trial.id));
  expect(summary.alreadyCompletedCount).toBe(7);
});

describe('failures', () => {
  test('a failed trial is recorded with its reason and the run goes on', async () => {
    const { options, records } = setUp();
    const failed = { state: 'failed', reason: 'qemu-io: no space left' } as const;
    const summary = await runPlan(plan(), new ScriptedEngine({ default: [1, failed, 1] }), options);
    expect(records).toHaveLength(10);
    expect(summary.failures).toMatchObject([{ state: 'failed', reason: 'qemu-io: no space left' }]);
    expect(summary.completedCount).toBe(9);
  });

  test('after three failures of a cell in a row its remaining trials are skipped, the other cells go on', async () => {
    const { options, records } = setUp();
    const timedOut = { state: 'timed-out', reason: 'over 60 s' } as const;
    await runPlan(plan(), new ScriptedEngine({ default: timedOut }), options);
    const states = (label: string): string[] =>
      records.filter((record) => record.configuration.label === label).map((record) => record.state);
    expect(states('default')).toEqual(['timed-out', 'timed-out', 'timed-out', 'skipped', 'skipped']);
    expect(states('cluster_size=64K')).toEqual(Array.from({ length: 5 }, () => 'completed'));
    expect(records.find((record) => record.state === 'skipped')).toMatchObject({
      reason: '3 trials of this configuration failed in a row',
      durationMs: 0,
    });
  });

  test('a success in between starts the count anew', async () => {
    const { options, records } = setUp();
    const bad = { state: 'failed', reason: 'no' } as const;
    await runPlan(plan(), new ScriptedEngine({ default: [bad, bad, 1, bad, bad] }), options);
    expect(records.filter((record) => record.state === 'skipped')).toEqual([]);
  });

  test('a helper that fails outside the measurement is a failed trial', async () => {
    const failure = {
      command: ['qemu-img'],
      exitCode: 1,
      signal: null,
      durationMs: 1,
      stderrTail: '',
      timedOut: false,
    };
    const { options, records } = setUp();
    await runPlan(
      plan(),
      new ScriptedEngine({ default: [new EngineError('qemu-img create failed', failure), 1] }),
      options,
    );
    expect(records.filter((record) => record.state === 'failed')).toMatchObject([{ reason: 'qemu-img create failed' }]);
  });

  test('what is no matter of one trial ends the run', async () => {
    const { options } = setUp();
    const engine = new ScriptedEngine({ default: new EnvironmentError('qemu-io is gone') });
    await expect(runPlan(plan(), engine, options)).rejects.toThrow('qemu-io is gone');
  });

  test('a journal that cannot be written ends the run', async () => {
    const engine = new ScriptedEngine();
    const { options } = setUp({ record: () => Promise.reject(new EnvironmentError('disk full')) });
    await expect(runPlan(plan(), engine, options)).rejects.toThrow('disk full');
    expect(engine.jobs).toHaveLength(1);
  });
});

describe('interruption', () => {
  test('the running trial is recorded as aborted, the rest stays for a resumed run', async () => {
    const { options, records, controller } = setUp();
    const engine = new ScriptedEngine({ default: [1, 'hang'] });
    const running = expect(runPlan(plan(), engine, options)).rejects.toThrow(InterruptedError);
    const isDefault = ({ configuration }: EngineJob): boolean => configuration.label === 'default';
    await vi.waitUntil(() => engine.jobs.filter(isDefault).length === 2, { timeout: 30_000 });
    controller.abort();
    await running;
    expect(records.at(-1)).toMatchObject({ state: 'aborted', reason: 'interrupted' });
    expect(records.slice(0, -1).every((record) => record.state === 'completed')).toBe(true);
  });

  test('a tool that the same Ctrl-C killed first does not make a failed trial', async () => {
    const { options, records, controller } = setUp();
    const engine = new ScriptedEngine({
      default: () => {
        setImmediate(() => controller.abort());
        return { state: 'failed', reason: 'qemu-io was killed by SIGINT' };
      },
    });
    await expect(runPlan(plan(), engine, options)).rejects.toThrow(InterruptedError);
    expect(records.at(-1)?.state).toBe('aborted');
  });

  test('a trial that was complete when the signal came is kept', async () => {
    const { options, records, controller } = setUp();
    const engine = new ScriptedEngine({
      default: () => {
        controller.abort();
        return 1234;
      },
    });
    await expect(runPlan(plan(), engine, options)).rejects.toThrow(InterruptedError);
    expect(records.at(-1)).toMatchObject({ state: 'completed', metrics: { iops: 1234 } });
  });
});

test('after the deadline no trial starts, but the first one always does', async () => {
  let now = 1000;
  const engine = new ScriptedEngine({
    default: () => {
      now += 100;
      return 1;
    },
  });
  const { options, records } = setUp({ now: () => now, deadline: 1000, estimateMs: () => 1 });
  const one = plan({ configurations: scriptedConfigurations(0) });
  const summary = await runPlan(one, engine, options);
  expect(records).toHaveLength(1);
  expect(summary.leftOutCount).toBe(4);
});

test('progress tells each trial, its place and the time that is left', async () => {
  const seen: RunProgress[] = [];
  const { options } = setUp({ onProgress: (progress) => void seen.push(progress), estimateMs: () => 50 });
  await runPlan(plan({ repetitions: 2 }), new ScriptedEngine(), options);
  expect(seen.map((progress) => `${progress.index}/${progress.count}`)).toEqual(['1/4', '2/4', '3/4', '4/4', '4/4']);
  expect(seen[0]?.remainingMs).toBe(200);
  expect(seen.at(-1)).toEqual({ index: 4, count: 4, remainingMs: 0 });
});
