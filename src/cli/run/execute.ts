import { dirname } from 'node:path';
import { InputError, InterruptedError } from '../../errors.ts';
import type { RunDecision } from '../../report/run.ts';
import { checkRoom } from '../../trial/check-room.ts';
import { environmentChange } from '../../trial/environment.ts';
import type { PlanEstimate } from '../../trial/estimate.ts';
import { JournalWriteError, JournalWriter } from '../../trial/journal-writer.ts';
import type { Plan } from '../../trial/plan.ts';
import { planDifferences } from '../../trial/plan-difference.ts';
import { type HeaderRecord, journalSchema, type PlannedTrial, type TrialRecord } from '../../trial/record.ts';
import { engineJob, type RunSide, runSides } from '../../trial/runner.ts';
import type { Warning } from '../../warnings.ts';
import type { Host } from '../host.ts';
import { withIoLog } from '../io-log-file.ts';
import type { ChosenEngine } from './choose-engine.ts';
import { confirmWinners } from './confirm.ts';
import { Decider } from './decider.ts';
import type { OpenEngine } from './open-engine.ts';
import { ProgressLine } from './progress-line.ts';
import type { RunSettings } from './settings.ts';
import { checkSameShard } from './shard-plan.ts';
import { Steadiness } from './steadiness.ts';

/** An engine and the journal that its trials go to. */
export interface RunTarget {
  readonly chosen: ChosenEngine;
  readonly journal: { readonly path: string; readonly name: string };
}

/** What a run left behind. */
export interface Execution {
  /** First line of `qemu-img --version`, where QEMU took part. */
  readonly qemu?: string;
  /** The last record of every trial of the plan that has one, earlier runs included. */
  readonly trials: readonly TrialRecord[];
  readonly alreadyCompletedCount: number;
  readonly warnings: readonly Warning[];
  /** With `--until-decided`. */
  readonly decisions?: readonly RunDecision[];
}

interface Context {
  readonly settings: RunSettings;
  readonly host: Host;
}

/** A target whose journal is open. */
interface OpenTarget extends RunTarget {
  readonly writer: JournalWriter;
  readonly latest: Map<string, TrialRecord>;
  readonly completed: ReadonlySet<string>;
}

/**
 * Opens the journals, makes the engines, runs what is left of the plan and cleans up, whatever happens in between.
 * With several targets their trials run next to each other, and each has its own journal of the same plan.
 * @throws InputError where a journal is of another plan; InterruptedError after a signal
 */
export async function executePlan(
  plan: Plan,
  estimate: PlanEstimate,
  targets: readonly RunTarget[],
  context: Context,
): Promise<readonly Execution[]> {
  let open: readonly OpenTarget[] = [];
  try {
    for (const target of targets) open = [...open, await openTarget(plan, target, context)];
    open = withWholeBlocks(plan, open);
    const ioLogWarnings = await recordIoLog(plan, targets[0]?.chosen, context);
    if (plan.trials.length === 0) return await Promise.all(open.map((target) => runNothing(plan, target, context)));
    if (open.every(({ completed }) => plan.trials.every(({ id }) => completed.has(id)))) {
      return open.map(({ latest, journal }) => {
        const text = `${journal.name}: all ${plan.trials.length} trials are completed, nothing is left to run\n`;
        context.host.stderr.write(text);
        return { trials: [...latest.values()], alreadyCompletedCount: plan.trials.length, warnings: ioLogWarnings };
      });
    }
    const found = await withEngines(open, (engines) => runTrials(plan, estimate, open, engines, context));
    // With engines of its own, since these are pinned and keep this program off their processor.
    const decisions = found.decisions && (await confirmWinners(plan, found.decisions, open, context));
    return open.map(({ latest, completed, chosen }) => ({
      ...(chosen.versionLine === undefined ? {} : { qemu: chosen.versionLine }),
      trials: [...latest.values()],
      alreadyCompletedCount: completed.size,
      warnings: [...ioLogWarnings, ...found.warnings],
      ...(decisions === undefined ? {} : { decisions }),
    }));
  } catch (error) {
    if (error instanceof JournalWriteError) {
      context.host.stderr.write(`these records are not in the journal:\n${error.recordLine}\n`);
    }
    throw error;
  } finally {
    for (const { writer } of open) await writer.close();
  }
}

async function openTarget(plan: Plan, target: RunTarget, { settings, host }: Context): Promise<OpenTarget> {
  const { name, path } = target.journal;
  const writer = await JournalWriter.open(path, { resume: settings.resume, pid: host.pid });
  try {
    checkSamePlan(plan, writer, name);
  } catch (error) {
    await writer.close();
    throw error;
  }
  if (writer.cutBytes > 0) {
    host.stderr.write(`${name}: an unfinished last line of ${writer.cutBytes} bytes was cut off\n`);
  }
  const latest = new Map<string, TrialRecord>();
  for (const trial of writer.existing?.trials ?? []) keepLatest(latest, trial);
  const done = [...latest.values()].filter((trial) => trial.state === 'completed');
  return { ...target, writer, latest, completed: new Set(done.map((trial) => trial.id)) };
}

/**
 * Takes blocks for not done whose trials did not all take turns with each other: a run that was killed while it recorded the
 * second run of a block that was disturbed has some of each.
 */
function withWholeBlocks(plan: Plan, targets: readonly OpenTarget[]): readonly OpenTarget[] {
  const keyOf = ({ workload, block }: { workload: string; block: number }): string => JSON.stringify([workload, block]);
  const sessions = new Map<string, Set<string | undefined>>();
  for (const { latest } of targets) {
    for (const record of latest.values()) {
      if (record.state !== 'completed') continue;
      const ofBlock = sessions.get(keyOf(record)) ?? new Set();
      sessions.set(keyOf(record), ofBlock.add(record.slices?.session));
    }
  }
  const torn = plan.trials.filter((trial) => (sessions.get(keyOf(trial))?.size ?? 0) > 1).map(({ id }) => id);
  if (torn.length === 0) return targets;
  return targets.map((target) => {
    const completed = new Set(target.completed);
    for (const id of torn) completed.delete(id);
    return { ...target, completed };
  });
}

/** The last completed record of a trial, as every reader of a journal has it: a block that runs again may fail then. */
function keepLatest(latest: Map<string, TrialRecord>, record: TrialRecord): void {
  if (record.state === 'completed' || latest.get(record.id)?.state !== 'completed') latest.set(record.id, record);
}

/** Makes an engine for each target and closes all of them, however it goes. */
async function withEngines<Result>(
  targets: readonly RunTarget[],
  use: (engines: readonly OpenEngine[]) => Promise<Result>,
): Promise<Result> {
  const engines: OpenEngine[] = [];
  try {
    for (const { chosen } of targets) engines.push(await chosen.open());
    return await use(engines);
  } finally {
    for (const engine of engines) await engine.close();
  }
}

/** The untimed replay for `--io-log`, before anything is measured; the plan has one cell then. */
async function recordIoLog(
  plan: Plan,
  chosen: ChosenEngine | undefined,
  { settings, host }: Context,
): Promise<readonly Warning[]> {
  const [trial] = plan.trials;
  if (settings.ioLog === undefined || trial === undefined || chosen === undefined) return [];
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
async function runNothing(plan: Plan, { writer, chosen, journal }: OpenTarget, { host }: Context): Promise<Execution> {
  if (!writer.existing) {
    const opened = await chosen.open();
    try {
      await writer.append(headerOf(plan, await opened.describe(), host));
    } finally {
      await opened.close();
    }
  }
  host.stderr.write(`${journal.name}: nothing of the plan falls to this shard\n`);
  return { trials: [], alreadyCompletedCount: 0, warnings: [] };
}

function headerOf(plan: Plan, described: Pick<HeaderRecord, 'engine' | 'environment'>, host: Host): HeaderRecord {
  const { summary, shard } = plan;
  const startedAt = new Date(host.now()).toISOString();
  const { environment, engine } = described;
  return {
    type: 'header',
    schema: journalSchema,
    startedAt,
    plan: summary,
    environment,
    engine,
    ...(shard ? { shard } : {}),
  };
}

async function runTrials(
  plan: Plan,
  estimate: PlanEstimate,
  targets: readonly OpenTarget[],
  engines: readonly OpenEngine[],
  { settings, host }: Context,
): Promise<Pick<Execution, 'warnings' | 'decisions'>> {
  const warnings: Warning[] = [];
  for (const [index, target] of targets.entries()) {
    const opened = engines[index];
    if (opened) warnings.push(...(await beginJournal(plan, estimate, target, opened, host)));
  }
  const decider =
    settings.untilDecided === undefined || plan.summary.engine === 'simulated'
      ? undefined
      : new Decider(plan, targets.length, settings.untilDecided);
  if (settings.untilDecided !== undefined && decider === undefined) {
    const message = 'predictions have no noise that more blocks could decide anything in: each is made once';
    warnings.push({
      code: 'nothing-to-decide',
      subject: '--until-decided',
      message,
      hint: '`qtune compare` compares them exactly.',
    });
  }
  for (const [side, { latest }] of targets.entries()) for (const trial of latest.values()) decider?.add(side, trial);
  const sides = targets.map(({ completed, writer, latest }, index): RunSide => {
    const engine = engines[index]?.engine;
    if (engine === undefined) throw new RangeError('every target has its engine');
    return {
      engine,
      completed,
      record: async (records) => {
        await writer.append(...records);
        for (const record of records) {
          keepLatest(latest, record);
          decider?.add(index, record);
        }
      },
    };
  });
  const steadiness = new Steadiness();
  const progress = new ProgressLine(host);
  try {
    await runSides(plan, sides, {
      timeLimitMs: settings.timeLimitMs,
      traceHostIo: settings.traceHostIo,
      signal: host.signal,
      now: () => host.now(),
      estimateMs: (trial) => estimate.trialMs(trial),
      ...(settings.sliceMs === undefined ? {} : { slices: slicesOf(settings.sliceMs, estimate, engines) }),
      ...(settings.untilDecided === undefined ? {} : { deadline: host.now() + settings.untilDecided.budgetMs }),
      wants: ({ workload, block }) => decider?.wants(workload, block) ?? true,
      onProgress: (event) => progress.show(event),
      onSlices: (trial, result) => steadiness.add(plan.workload(trial.workload), result),
    });
  } catch (error) {
    progress.close();
    if (error instanceof InterruptedError) sayWhatIsThere(plan, targets, host);
    throw error;
  } finally {
    progress.close();
  }
  const decisions = decider?.decisions();
  warnings.push(...steadiness.warnings());
  return { warnings, ...(decisions === undefined ? {} : { decisions }) };
}

/** Writes the header, or the note that the run goes on. */
async function beginJournal(
  plan: Plan,
  estimate: PlanEstimate,
  { writer, completed, journal }: OpenTarget,
  opened: OpenEngine,
  host: Host,
): Promise<readonly Warning[]> {
  const { fileSystem, scratchDirectory } = opened;
  if (fileSystem !== undefined && scratchDirectory !== undefined) {
    const { freeBytes, largestFileBytes } = fileSystem;
    checkRoom(estimate, { directory: dirname(scratchDirectory), freeBytes, largestFileBytes });
  }
  const described = await opened.describe();
  if (host.signal.aborted) throw new InterruptedError();
  if (!writer.existing) {
    await writer.append(headerOf(plan, described, host));
    host.stderr.write(`${plan.trials.length} trials, journal: ${journal.name}\n`);
    return [];
  }
  const resumedAt = new Date(host.now()).toISOString();
  await writer.append({ type: 'resume', resumedAt, environment: described.environment, engine: described.engine });
  host.stderr.write(`${journal.name}: going on, ${completed.size} of ${plan.trials.length} trials are completed\n`);
  const change = environmentChange(writer.existing.header.environment, described.environment);
  return change ? [change] : [];
}

/** Trials take turns where all their images fit on the disk at once, with as much again left free. */
function slicesOf(sliceMs: number, estimate: PlanEstimate, engines: readonly OpenEngine[]) {
  const [first] = engines;
  const freeBytes = first?.fileSystem?.freeBytes ?? Number.POSITIVE_INFINITY;
  const bytesOf = new Map(estimate.cells.map((cell) => [`${cell.workload}\n${cell.configuration}`, cell.imageBytes]));
  return {
    sliceMs,
    ...(first?.scratchDirectory === undefined ? {} : { scratchDirectory: first.scratchDirectory }),
    fits: (trials: readonly PlannedTrial[]) => {
      const bytes = trials.map((trial) => bytesOf.get(`${trial.workload}\n${trial.configuration}`) ?? 0);
      return 2 * bytes.reduce((sum, one) => sum + one, 0) < freeBytes;
    },
  };
}

function sayWhatIsThere(plan: Plan, targets: readonly OpenTarget[], host: Host): void {
  for (const { latest, journal } of targets) {
    const done = [...latest.values()].filter((trial) => trial.state === 'completed').length;
    host.stderr.write(
      `${done} of ${plan.trials.length} trials are completed in ${journal.name}; go on with the same command and --resume\n`,
    );
  }
}
