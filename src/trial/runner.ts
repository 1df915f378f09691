import type { Engine, EngineJob, EngineOutcome } from '../engine/engine.ts';
import { EngineError, InterruptedError } from '../errors.ts';
import type { Plan } from './plan.ts';
import type { PlannedTrial, TrialRecord } from './record.ts';
import { RemainingTime } from './remaining-time.ts';
import { imageKey } from './trial-id.ts';

/** Failures of one cell in a row after which its remaining trials are skipped. */
export const failureLimit = 3;

/** Where a run stands. Sent before each trial and after the last one. */
export interface RunProgress {
  /** The trial that starts now; absent at the end. */
  readonly trial?: PlannedTrial;
  /** Its position among the trials that this run has to do, counted from 1. */
  readonly index: number;
  readonly count: number;
  /** The expected time from now to the end, milliseconds. */
  readonly remainingMs: number;
}

export interface RunOptions {
  /** Takes each record; the next trial starts when its promise is fulfilled. */
  readonly record: (record: TrialRecord) => Promise<void>;
  /** Trials that need not be run: their ids. */
  readonly completed?: ReadonlySet<string>;
  /** Per trial, milliseconds. */
  readonly timeLimitMs: number;
  readonly traceHostIo: boolean;
  readonly signal: AbortSignal;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** A guess at a trial's duration, milliseconds, for the remaining time; equal for all where absent. */
  readonly estimateMs?: (trial: PlannedTrial) => number;
  /** No trial starts that is expected to end after this time, milliseconds since the epoch, once one has run. */
  readonly deadline?: number;
  readonly onProgress?: (progress: RunProgress) => void;
}

/** How a run ended. */
export interface RunSummary {
  /** What this run recorded, in order. */
  readonly records: readonly TrialRecord[];
  /** Trials that were completed before. */
  readonly alreadyCompletedCount: number;
  readonly completedCount: number;
  /** Records of trials that failed, timed out or were skipped. */
  readonly failures: readonly Extract<TrialRecord, { reason: string }>[];
  /** Trials that the deadline left out. */
  readonly leftOutCount: number;
}

/**
 * Runs the trials of a plan one after the other. A trial that fails or meets its time limit is recorded with its reason
 * and the run goes on; after {@link failureLimit} such trials of one cell in a row the rest of the cell is recorded as
 * skipped. The trial that an interruption hits is recorded as aborted; like a failed one it has no result, and a
 * resumed run does it again.
 *
 * @throws InterruptedError after an abort; whatever the engine or `record` throws, except an EngineError, which is a
 *   failed trial
 */
export async function runPlan(plan: Plan, engine: Engine, options: RunOptions): Promise<RunSummary> {
  const todo = plan.trials.filter((trial) => !options.completed?.has(trial.id));
  const time = new RemainingTime(options.estimateMs ?? (() => 1000));
  const failuresInRow = new Map<string, number>();
  const records: TrialRecord[] = [];
  let leftOutCount = 0;
  let ranCount = 0;

  for (const [position, trial] of todo.entries()) {
    if (options.signal.aborted) throw new InterruptedError();
    const cell = JSON.stringify([trial.workload, trial.configuration]);
    const failures = failuresInRow.get(cell) ?? 0;
    const startedMs = options.now();
    if (failures < failureLimit && isTooLate(startedMs + time.expectMs(trial), options.deadline, ranCount)) {
      leftOutCount += 1;
      continue;
    }
    options.onProgress?.({
      trial,
      index: position + 1,
      count: todo.length,
      remainingMs: time.totalMs(todo.slice(position)),
    });
    const clockMs = performance.now();
    const outcome = failures < failureLimit ? await runTrial(plan, trial, engine, options) : skipped(failures);
    const durationMs = outcome.state === 'skipped' ? 0 : performance.now() - clockMs;
    const record = toRecord(plan, trial, outcome, startedMs, durationMs);
    await options.record(record);
    records.push(record);
    if (outcome.state === 'aborted') throw new InterruptedError();
    if (outcome.state === 'skipped') continue;
    ranCount += 1;
    time.add(trial, durationMs);
    failuresInRow.set(cell, outcome.state === 'completed' ? 0 : failures + 1);
  }
  options.onProgress?.({ index: todo.length, count: todo.length, remainingMs: 0 });
  return {
    records,
    alreadyCompletedCount: plan.trials.length - todo.length,
    completedCount: records.filter((record) => record.state === 'completed').length,
    failures: records.filter((record) => record.state !== 'completed'),
    leftOutCount,
  };
}

type Outcome = EngineOutcome | { readonly state: 'skipped'; readonly reason: string };

function skipped(failures: number): Outcome {
  return { state: 'skipped', reason: `${failures} trials of this configuration failed in a row` };
}

/** The first trial always runs: a result late is better than none. */
function isTooLate(expectedEnd: number, deadline: number | undefined, ranCount: number): boolean {
  return deadline !== undefined && ranCount > 0 && expectedEnd > deadline;
}

/** What an engine is given to run one trial of a plan. */
export function engineJob(
  plan: Plan,
  trial: PlannedTrial,
  { timeLimitMs, traceHostIo, signal }: Pick<RunOptions, 'timeLimitMs' | 'traceHostIo' | 'signal'>,
): EngineJob {
  const workload = plan.workload(trial.workload);
  const configuration = plan.configuration(trial.configuration);
  const { backing } = plan;
  return {
    configuration,
    workload,
    ...(backing ? { backing: { path: backing.path, format: backing.format } } : {}),
    imageKey: imageKey(workload, configuration, backing?.path),
    timeLimitMs,
    traceHostIo,
    signal,
  };
}

async function runTrial(plan: Plan, trial: PlannedTrial, engine: Engine, options: RunOptions): Promise<Outcome> {
  let outcome: Outcome;
  try {
    outcome = await engine.run(engineJob(plan, trial, options));
  } catch (error) {
    if (error instanceof InterruptedError) outcome = { state: 'aborted', reason: 'interrupted' };
    else if (error instanceof EngineError) outcome = { state: 'failed', reason: error.message };
    else throw error;
  }
  if (outcome.state === 'completed') return outcome;
  // Ctrl-C reaches the tools too, and they may be dead before the signal has come through to us.
  await new Promise((resolve) => setImmediate(resolve));
  return options.signal.aborted ? { state: 'aborted', reason: 'interrupted' } : outcome;
}

function toRecord(
  plan: Plan,
  trial: PlannedTrial,
  outcome: Outcome,
  startedMs: number,
  durationMs: number,
): TrialRecord {
  const { label, create, drive } = plan.configuration(trial.configuration);
  const base = {
    type: 'trial',
    id: trial.id,
    workload: trial.workload,
    configuration: { label, create, drive },
    repetition: trial.repetition,
    block: trial.block,
    engine: plan.summary.engine,
    startedAt: new Date(startedMs).toISOString(),
    durationMs,
  } as const;
  if (outcome.state !== 'completed') return { ...base, state: outcome.state, reason: outcome.reason };
  const { state, metrics, cpus, command, warnings } = outcome;
  return { ...base, state, metrics, cpus, command, warnings };
}
