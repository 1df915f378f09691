import { basename } from 'node:path';
import type { Engine, EngineJob, EngineOutcome } from '../engine/engine.ts';
import { type InterleavedOutcome, runInterleaved } from '../engine/interleave.ts';
import { EngineError, InterruptedError } from '../errors.ts';
import { contentHash } from './canonical-json.ts';
import type { Plan } from './plan.ts';
import { blocksOf, type PlannedBlock } from './plan-blocks.ts';
import type { PlannedTrial, TrialRecord, TrialSlices } from './record.ts';
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
  /** Lets trials in slices share images that none of them writes to, where making new ones takes too long. */
  readonly reusesImages?: boolean;
  /** Blocks that were disturbed from outside are not run again: who asked for them takes them for what they are. */
  readonly keepsDisturbed?: boolean;
  /** A guess at a trial's duration, milliseconds, for the remaining time; equal for all where absent. */
  readonly estimateMs?: (trial: PlannedTrial) => number;
  /** No trial starts that is expected to end after this time, milliseconds since the epoch, once one has run. */
  readonly deadline?: number;
  /** Lets the trials of a block take turns in slices; one runs after the other where absent. */
  readonly slices?: SliceOptions;
  /** Whether a block is still wanted, asked before it runs; one that is not leaves no record. */
  readonly wants?: (block: PlannedBlock) => boolean;
  readonly onProgress?: (progress: RunProgress) => void;
  /** Told of each trial that took turns what its slices were. */
  readonly onSlices?: (trial: PlannedTrial, result: InterleavedOutcome) => void;
}

/** How trials of a block take turns. */
export interface SliceOptions {
  /** Length of a slice, milliseconds. */
  readonly sliceMs: number;
  /** Where images are made, to see who else uses that disk. */
  readonly scratchDirectory?: string;
  /** Whether the images of all these trials fit at the same time; yes where absent. */
  readonly fits?: (trials: readonly PlannedTrial[]) => boolean;
}

/** One of several engines that run the same plan next to each other, such as two builds of QEMU. */
export interface RunSide {
  readonly engine: Engine;
  /** Takes the records of trials that took turns together: half of them is of no use. */
  readonly record: (records: readonly TrialRecord[]) => Promise<void>;
  readonly completed?: ReadonlySet<string>;
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

/** Runs a plan with one engine: see {@link runSides}. */
export function runPlan(plan: Plan, engine: Engine, options: RunOptions): Promise<RunSummary> {
  const { completed } = options;
  const record = async (records: readonly TrialRecord[]): Promise<void> => {
    for (const one of records) await options.record(one);
  };
  return runSides(plan, [{ engine, record, ...(completed ? { completed } : {}) }], options);
}

/**
 * Runs the trials of a plan block after block, those of all sides next to each other. Trials of a block take turns in
 * slices where the engine can do that and their images fit at the same time, else one runs after the other. A trial that
 * fails or meets its time limit is recorded with its reason and the run goes on; after {@link failureLimit} such trials
 * of one cell in a row the rest of the cell is recorded as skipped. The trial that an interruption hits is recorded as
 * aborted; like a failed one it has no result, and a resumed run does it again, together with the rest of its block where they
 * took turns. A block that was disturbed from outside is recorded, and run again once.
 *
 * @throws InterruptedError after an abort; whatever an engine or `record` throws, except an EngineError, which is a
 *   failed trial
 */
export async function runSides(
  plan: Plan,
  sides: readonly RunSide[],
  options: Omit<RunOptions, 'record' | 'completed'>,
): Promise<RunSummary> {
  return new Run(plan, sides, options).run();
}

/** A trial on one of the sides. */
interface Task {
  readonly trial: PlannedTrial;
  readonly side: RunSide;
  /** The same for its cell, whatever the repetition. */
  readonly cell: string;
  readonly isDone: boolean;
}

class Run {
  readonly #plan: Plan;
  readonly #options: Omit<RunOptions, 'record' | 'completed'>;
  readonly #blocks: readonly { readonly block: PlannedBlock; readonly tasks: readonly Task[] }[];
  readonly #time: RemainingTime;
  readonly #failuresInRow = new Map<string, number>();
  readonly #records: TrialRecord[] = [];
  #ranCount = 0;
  #leftOutCount = 0;
  #disturbedCount = 0;
  #blockCount = 0;

  constructor(plan: Plan, sides: readonly RunSide[], options: Omit<RunOptions, 'record' | 'completed'>) {
    this.#plan = plan;
    this.#options = options;
    this.#time = new RemainingTime(options.estimateMs ?? (() => 1000));
    this.#blocks = blocksOf(plan.trials).map((block) => ({
      block,
      tasks: block.trials.flatMap((trial) => {
        const tasks = sides.map((side, index) => ({
          trial,
          side,
          cell: JSON.stringify([index, trial.workload, trial.configuration]),
          isDone: side.completed?.has(trial.id) ?? false,
        }));
        // Whose image is made first and whose process starts first must not always be the same.
        return block.block % 2 === 0 ? tasks : tasks.reverse();
      }),
    }));
  }

  async run(): Promise<RunSummary> {
    const all = this.#blocks.flatMap(({ tasks }) => tasks);
    const pending = all.filter((task) => !task.isDone);
    let position = 0;
    for (const { block, tasks } of this.#blocks) {
      const left = tasks.filter((task) => !task.isDone);
      if (left.length === 0) continue;
      if (this.#options.wants?.(block) !== false) {
        // Those that took turns are only worth something together.
        const together = this.#canTakeTurns(tasks) ? tasks : undefined;
        for (const group of together === undefined ? left.map((task) => [task]) : [together]) {
          this.#report(group, position, pending);
          await this.#runGroup(group);
          position += group.filter((task) => !task.isDone).length;
        }
      } else {
        position += left.length;
      }
    }
    this.#options.onProgress?.({ index: pending.length, count: pending.length, remainingMs: 0 });
    return {
      records: this.#records,
      alreadyCompletedCount: all.length - pending.length,
      completedCount: this.#records.filter((record) => record.state === 'completed').length,
      failures: this.#records.filter((record) => record.state !== 'completed'),
      leftOutCount: this.#leftOutCount,
    };
  }

  #report([first]: readonly Task[], position: number, pending: readonly Task[]): void {
    if (this.#options.signal.aborted) throw new InterruptedError();
    if (first === undefined) return;
    this.#options.onProgress?.({
      trial: first.trial,
      index: position + 1,
      count: pending.length,
      remainingMs: this.#time.totalMs(pending.slice(position).map((task) => task.trial)),
    });
  }

  #canTakeTurns(tasks: readonly Task[]): boolean {
    const { slices } = this.#options;
    if (slices === undefined || tasks.length < 2 || tasks.some(({ side }) => side.engine.begin === undefined))
      return false;
    return slices.fits?.(tasks.map((task) => task.trial)) ?? true;
  }

  async #runGroup(tasks: readonly Task[]): Promise<void> {
    const startedMs = this.#options.now();
    const able = tasks.filter((task) => (this.#failuresInRow.get(task.cell) ?? 0) < failureLimit);
    const expectedMs = able.reduce((sum, task) => sum + this.#time.expectMs(task.trial), 0);
    if (able.length > 0 && isTooLate(startedMs + expectedMs, this.#options.deadline, this.#ranCount)) {
      this.#leftOutCount += tasks.length;
      return;
    }
    for (const task of tasks) {
      if (able.includes(task)) continue;
      const reason = `${this.#failuresInRow.get(task.cell) ?? 0} trials of this configuration failed in a row`;
      await this.#record([{ task, outcome: { state: 'skipped', reason }, about: { startedMs, durationMs: 0 } }]);
    }
    const [only] = able;
    if (able.length > 1) await this.#takeTurns(able);
    else if (only) await this.#runOne(only);
  }

  async #runOne(task: Task): Promise<void> {
    const startedMs = this.#options.now();
    const clockMs = performance.now();
    const outcome = await this.#settled(() => task.side.engine.run(this.#job(task)));
    const durationMs = performance.now() - clockMs;
    this.#time.add(task.trial, durationMs);
    await this.#record([{ task, outcome, about: { startedMs, durationMs } }]);
    if (outcome.state === 'aborted') throw new InterruptedError();
  }

  async #takeTurns(tasks: readonly Task[]): Promise<void> {
    const disturbed = await this.#oneTurn(tasks, 0);
    this.#blockCount += 1;
    if (!disturbed || this.#options.keepsDisturbed === true) return;
    this.#disturbedCount += 1;
    // Where most blocks are disturbed, that is how this machine is, and doing them twice shows nothing else.
    if (this.#disturbedCount > 1 + this.#blockCount / 4) return;
    await this.#oneTurn(tasks, 1);
  }

  /** True where the block was disturbed. */
  async #oneTurn(tasks: readonly Task[], attempt: number): Promise<boolean> {
    const { slices, now } = this.#options;
    const [first] = tasks;
    if (slices === undefined || first === undefined) return false;
    const startedMs = now();
    const clockMs = performance.now();
    const { workload, block } = first.trial;
    const identity = [this.#plan.summary.hash, startedMs, workload, block, attempt];
    const members = tasks.map((task) => ({ engine: task.side.engine, job: this.#job(task) }));
    const { sliceMs, scratchDirectory } = slices;
    const seed = Number.parseInt(contentHash([this.#plan.summary.seed, workload, block, attempt]).slice(0, 8), 16);
    const turns = { sliceMs, seed, ...(scratchDirectory === undefined ? {} : { scratchDirectory }) };
    const results = await runInterleaved(members, turns).catch((error: unknown) => {
      const outcome = outcomeOf(error);
      return tasks.map((): InterleavedOutcome => ({ outcome, driverMs: [], requestCounts: [] }));
    });
    const durationMs = (performance.now() - clockMs) / tasks.length;
    const session = contentHash(identity).slice(0, sessionDigits);
    const isAborted = await this.#isAborted();
    const ended = tasks.flatMap((task, index) => {
      const result = results[index];
      if (result === undefined) return [];
      this.#time.add(task.trial, durationMs);
      const outcome = isAborted && result.outcome.state !== 'completed' ? abortedOutcome : result.outcome;
      return [{ task, outcome, about: { startedMs, durationMs, session, result } }];
    });
    await this.#record(ended);
    for (const { task, about } of ended) this.#options.onSlices?.(task.trial, about.result);
    if (isAborted) throw new InterruptedError();
    return results.some((result) => result.disturbance?.disturbed === true);
  }

  #job({ trial }: Task): EngineJob {
    return engineJob(this.#plan, trial, this.#options);
  }

  async #settled(run: () => Promise<EngineOutcome>): Promise<EngineOutcome> {
    const outcome = await run().catch(outcomeOf);
    return outcome.state !== 'completed' && (await this.#isAborted()) ? abortedOutcome : outcome;
  }

  /** Ctrl-C reaches the tools too, and they may be dead before the signal has come through to us. */
  async #isAborted(): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.#options.signal.aborted;
  }

  async #record(ended: readonly EndedTask[]): Promise<void> {
    const records = ended.map(({ task, outcome, about }) => toRecord(this.#plan, task.trial, outcome, about));
    for (const side of new Set(ended.map(({ task }) => task.side))) {
      await side.record(records.filter((_, index) => ended[index]?.task.side === side));
    }
    this.#records.push(...records);
    for (const { task, outcome } of ended) {
      if (outcome.state === 'skipped' || outcome.state === 'aborted') continue;
      this.#ranCount += 1;
      const failures = this.#failuresInRow.get(task.cell) ?? 0;
      this.#failuresInRow.set(task.cell, outcome.state === 'completed' ? 0 : failures + 1);
    }
  }
}

interface EndedTask {
  readonly task: Task;
  readonly outcome: Outcome;
  readonly about: Circumstances;
}

type Outcome = EngineOutcome | { readonly state: 'skipped'; readonly reason: string };

const abortedOutcome: EngineOutcome = { state: 'aborted', reason: 'interrupted' };
const sessionDigits = 16;

/** What an engine's error makes of a trial. @throws the error where it is no matter of one trial */
function outcomeOf(error: unknown): EngineOutcome {
  if (error instanceof InterruptedError) return abortedOutcome;
  if (error instanceof EngineError) return { state: 'failed', reason: error.message };
  throw error;
}

/** What a record says beside its outcome. */
interface Circumstances {
  readonly startedMs: number;
  readonly durationMs: number;
  readonly session?: string;
  readonly result?: InterleavedOutcome;
}

/** The first trial always runs: a result late is better than none. */
function isTooLate(expectedEnd: number, deadline: number | undefined, ranCount: number): boolean {
  return deadline !== undefined && ranCount > 0 && expectedEnd > deadline;
}

/** What an engine is given to run one trial of a plan. */
export function engineJob(
  plan: Plan,
  trial: PlannedTrial,
  {
    timeLimitMs,
    traceHostIo,
    signal,
    reusesImages,
  }: Pick<RunOptions, 'timeLimitMs' | 'traceHostIo' | 'signal' | 'reusesImages'>,
): EngineJob {
  const workload = plan.workload(trial.workload);
  const configuration = plan.configuration(trial.configuration);
  const { backing } = plan;
  return {
    configuration,
    workload,
    ...(backing ? { backing: { path: backing.path, format: backing.format } } : {}),
    imageKey: imageKey(workload, configuration, backing?.path),
    ...(reusesImages === undefined ? {} : { reusesImage: reusesImages }),
    timeLimitMs,
    traceHostIo,
    signal,
  };
}

function toRecord(
  plan: Plan,
  trial: PlannedTrial,
  outcome: Outcome,
  { startedMs, durationMs, session, result }: Circumstances,
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
  return {
    ...base,
    state,
    metrics,
    cpus,
    command: withoutDirectory(command),
    warnings,
    ...(session === undefined || result === undefined ? {} : { slices: slicesOf(session, result) }),
    ...(result?.disturbance === undefined ? {} : { disturbance: result.disturbance }),
  };
}

/** The times without stalls are only of use where every slice has one. */
function slicesOf(session: string, { driverMs, robustMs }: InterleavedOutcome): TrialSlices {
  return robustMs?.length === driverMs.length ? { session, driverMs, robustMs } : { session, driverMs };
}

/** Journals are shared, so a path of this machine stays out; which build it was the environment says. */
function withoutDirectory([tool = '', ...options]: readonly string[]): readonly string[] {
  return [basename(tool), ...options];
}
