import { dirname } from 'node:path';
import { InputError, InterruptedError } from '../../errors.ts';
import { checkRoom } from '../../trial/check-room.ts';
import { environmentChange } from '../../trial/environment.ts';
import type { PlanEstimate } from '../../trial/estimate.ts';
import { JournalWriteError, JournalWriter } from '../../trial/journal-writer.ts';
import type { Plan } from '../../trial/plan.ts';
import { planDifferences } from '../../trial/plan-difference.ts';
import { type HeaderRecord, journalSchema, type TrialRecord } from '../../trial/record.ts';
import { engineJob, type RunProgress, runPlan } from '../../trial/runner.ts';
import type { Warning } from '../../warnings.ts';
import type { Host } from '../host.ts';
import { withIoLog } from '../io-log-file.ts';
import { Progress } from '../progress.ts';
import type { ChosenEngine } from './choose-engine.ts';
import type { OpenEngine } from './open-engine.ts';
import type { RunSettings } from './settings.ts';
import { checkSameShard } from './shard-plan.ts';

/** What a run left behind. */
export interface Execution {
  /** The last record of every trial of the plan that has one, earlier runs included. */
  readonly trials: readonly TrialRecord[];
  readonly alreadyCompletedCount: number;
  readonly warnings: readonly Warning[];
}

/** How often the progress line is looked at while a trial runs, milliseconds. */
const tickMs = 1000;

/**
 * Opens the journal, makes the engine, runs what is left of the plan and cleans up, whatever happens in between.
 * @throws InputError where the journal is of another plan; InterruptedError after a signal
 */
export async function executePlan(
  plan: Plan,
  estimate: PlanEstimate,
  journal: { readonly path: string; readonly name: string },
  context: { readonly settings: RunSettings; readonly chosen: ChosenEngine; readonly host: Host },
): Promise<Execution> {
  const { settings, chosen, host } = context;
  const writer = await JournalWriter.open(journal.path, { resume: settings.resume, pid: host.pid });
  try {
    checkSamePlan(plan, writer, journal.name);
    if (writer.cutBytes > 0) {
      host.stderr.write(`${journal.name}: an unfinished last line of ${writer.cutBytes} bytes was cut off\n`);
    }
    const before = writer.existing?.trials ?? [];
    const ioLogWarnings = await recordIoLog(plan, context);
    if (plan.trials.length === 0) return await runNothing(plan, writer, journal.name, context);
    if (plan.trials.every((trial) => before.some(({ id, state }) => id === trial.id && state === 'completed'))) {
      host.stderr.write(`${journal.name}: all ${plan.trials.length} trials are completed, nothing is left to run\n`);
      return { trials: before, alreadyCompletedCount: plan.trials.length, warnings: ioLogWarnings };
    }
    const opened = await chosen.open();
    try {
      const { fileSystem, scratchDirectory } = opened;
      if (fileSystem !== undefined && scratchDirectory !== undefined) {
        const { freeBytes, largestFileBytes } = fileSystem;
        checkRoom(estimate, { directory: dirname(scratchDirectory), freeBytes, largestFileBytes });
      }
      const execution = await runTrials(plan, estimate, writer, opened, journal.name, context);
      return { ...execution, warnings: [...ioLogWarnings, ...execution.warnings] };
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (error instanceof JournalWriteError) {
      host.stderr.write(`this record is not in the journal:\n${error.recordLine}\n`);
    }
    throw error;
  } finally {
    await writer.close();
  }
}

/** The untimed replay for `--io-log`, before anything is measured; the plan has one cell then. */
async function recordIoLog(
  plan: Plan,
  { settings, chosen, host }: { readonly settings: RunSettings; readonly chosen: ChosenEngine; readonly host: Host },
): Promise<readonly Warning[]> {
  const [trial] = plan.trials;
  if (settings.ioLog === undefined || trial === undefined) return [];
  return withIoLog(host.cwd, settings.ioLog, async (sink) => {
    const opened = await chosen.open();
    try {
      const { timeLimitMs } = settings;
      const job = engineJob(plan, trial, { timeLimitMs, traceHostIo: false, signal: host.signal });
      return await opened.engine.recordHostIo(job, sink);
    } finally {
      await opened.close();
    }
  });
}

function checkSamePlan(plan: Plan, writer: JournalWriter, name: string): void {
  if (!writer.existing) return;
  const differences = planDifferences(writer.existing.header.plan, plan.summary);
  if (differences.length > 0) {
    throw new InputError({ file: name, line: 1 }, `this journal is of another plan: ${differences.join('; ')}`, {
      hint: 'Give the options it was begun with, or write another journal with --out FILE.',
    });
  }
  checkSameShard(plan, writer.existing.header, name);
}

/** More shards than there is to do is no error: the journal says that nothing was left for this one. */
async function runNothing(
  plan: Plan,
  writer: JournalWriter,
  journalName: string,
  { chosen, host }: { readonly chosen: ChosenEngine; readonly host: Host },
): Promise<Execution> {
  if (!writer.existing) {
    const opened = await chosen.open();
    try {
      const { engine, environment } = await opened.describe();
      const startedAt = new Date(host.now()).toISOString();
      const header = { type: 'header', schema: journalSchema, startedAt, plan: plan.summary } as const;
      await writer.append({ ...header, environment, engine, ...shardOf(plan) });
    } finally {
      await opened.close();
    }
  }
  host.stderr.write(`${journalName}: nothing of the plan falls to this shard\n`);
  return { trials: [], alreadyCompletedCount: 0, warnings: [] };
}

function shardOf({ shard }: Plan): Pick<HeaderRecord, 'shard'> {
  return shard === undefined ? {} : { shard };
}

async function runTrials(
  plan: Plan,
  estimate: PlanEstimate,
  writer: JournalWriter,
  opened: OpenEngine,
  journalName: string,
  { settings, host }: { readonly settings: RunSettings; readonly host: Host },
): Promise<Execution> {
  const { engine, environment } = await opened.describe();
  if (host.signal.aborted) throw new InterruptedError();
  const time = new Date(host.now()).toISOString();
  const warnings: Warning[] = [];
  const latest = new Map((writer.existing?.trials ?? []).map((trial) => [trial.id, trial]));
  const completed = new Set(
    [...latest.values()].filter((trial) => trial.state === 'completed').map((trial) => trial.id),
  );
  if (writer.existing) {
    const change = environmentChange(writer.existing.header.environment, environment);
    if (change) warnings.push(change);
    await writer.append({ type: 'resume', resumedAt: time, environment, engine });
    host.stderr.write(`${journalName}: going on, ${completed.size} of ${plan.trials.length} trials are completed\n`);
  } else {
    const header = { type: 'header', schema: journalSchema, startedAt: time } as const;
    await writer.append({ ...header, plan: plan.summary, environment, engine, ...shardOf(plan) });
    host.stderr.write(`${plan.trials.length} trials, journal: ${journalName}\n`);
  }
  const progress = new ProgressLine(host);
  try {
    await runPlan(plan, opened.engine, {
      completed,
      timeLimitMs: settings.timeLimitMs,
      traceHostIo: settings.traceHostIo,
      signal: host.signal,
      now: () => host.now(),
      estimateMs: (trial) => estimate.trialMs(trial),
      record: async (record) => {
        await writer.append(record);
        latest.set(record.id, record);
      },
      onProgress: (event) => progress.show(event),
    });
  } catch (error) {
    progress.close();
    if (error instanceof InterruptedError) {
      const done = [...latest.values()].filter((trial) => trial.state === 'completed').length;
      host.stderr.write(
        `${done} of ${plan.trials.length} trials are completed in ${journalName}; go on with the same command and --resume\n`,
      );
    }
    throw error;
  } finally {
    progress.close();
  }
  return { trials: [...latest.values()], alreadyCompletedCount: completed.size, warnings };
}

/** Keeps the progress line moving while a trial runs. */
class ProgressLine {
  readonly #progress: Progress;
  readonly #host: Host;
  readonly #startedMs: number;
  readonly #timer: NodeJS.Timeout;
  #event: RunProgress | undefined;
  #eventMs = 0;

  constructor(host: Host) {
    this.#progress = new Progress(host);
    this.#host = host;
    this.#startedMs = host.now();
    this.#timer = setInterval(() => this.#draw(), tickMs);
    this.#timer.unref();
  }

  show(event: RunProgress): void {
    this.#event = event;
    this.#eventMs = this.#host.now();
    this.#draw();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#progress.done();
  }

  #draw(): void {
    if (!this.#event?.trial) return;
    const { trial, index, count, remainingMs } = this.#event;
    const now = this.#host.now();
    const elapsedMs = now - this.#startedMs;
    const leftMs = Math.max(0, remainingMs - (now - this.#eventMs));
    // The line works out the time left from the share that is done; this share makes it come out as expected.
    const done = elapsedMs === 0 ? 0 : elapsedMs / (elapsedMs + leftMs);
    this.#progress.update(done, `trial ${index} of ${count}: ${trial.workload}, ${trial.configuration}`);
  }
}
