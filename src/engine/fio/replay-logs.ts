import { EnvironmentError, InterruptedError } from '../../errors.ts';
import type { Load } from '../../workload/load.ts';
import { Operation } from '../../workload/request.ts';
import { UnrunnableRequest } from '../request-survey.ts';
import { type FioTool, isSince } from './fio-tool.ts';
import { Dealer, type Source } from './job-plan.ts';
import { JobTotals } from './job-totals.ts';
import { BlktraceLog, Iolog } from './request-log.ts';
import { StartTimes } from './start-times.ts';

/** One job of fio: a file of requests, and how they are offered. */
export interface ReplayJob {
  /** In messages: the source's, with a number where there are several jobs of it. */
  readonly name: string;
  /** Relative to the scratch directory. */
  readonly log: string;
  readonly stage: number;
  readonly load: Load;
  readonly totals: JobTotals;
  readonly isBlktrace: boolean;
  /** Requests start at times that the log says. */
  readonly isPaced: boolean;
}

/** The part of a workload that one run of fio replays. */
export interface Phase {
  /** Start of the logs' names, relative to the scratch directory. */
  readonly prefix: string;
  /** The measured requests, or those before them. */
  readonly which: 'warm-up' | 'measured';
  /** Whether times and rates are kept. */
  readonly isPaced: boolean;
  readonly isTimed: boolean;
  /** The whole phase over again until there are as many requests; 1 for once. */
  readonly leastRequestCount: number;
}

interface Context {
  readonly fio: FioTool;
  /** The absolute path of a name in the scratch directory. */
  path(name: string): string;
  readonly signal: AbortSignal;
}

/**
 * Writes the requests of a phase, one log for each job. Jobs that have no requests are left out.
 * @throws UnrunnableRequest where fio cannot replay them, EnvironmentError where there is no room, InterruptedError
 */
export function writeLogs(sources: readonly Source[], phase: Phase, context: Context): readonly ReplayJob[] {
  try {
    return sources.flatMap((source, index) => writeSource(source, `${phase.prefix}-${index}`, phase, context));
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error;
    throw new EnvironmentError(`the requests cannot be written into the scratch directory: ${error.message}`, {
      hint: 'Free some space, or set TMPDIR to a larger file system.',
      cause: error,
    });
  }
}

function writeSource(source: Source, name: string, phase: Phase, context: Context): readonly ReplayJob[] {
  const jobs = Array.from({ length: source.load.jobCount }, () => new JobTotals());
  for (const request of requestsOf(source, phase, context.signal)) {
    jobs[request.job]?.add(request.operation, request.offsetBytes, request.lengthBytes);
  }
  const passCount = Math.ceil(phase.leastRequestCount / Math.max(1, sum(jobs.map((totals) => totals.requestCount))));
  const writers = jobs.map(
    (totals, job) => new JobWriter(source, `${name}-${job}`, totals, { phase, context, passCount }),
  );
  try {
    for (let pass = 0; pass < passCount; pass++) {
      for (const request of requestsOf(source, phase, context.signal)) writers[request.job]?.add(request);
    }
  } finally {
    for (const writer of writers) writer.close();
  }
  return writers.flatMap((writer, job) => {
    const label = jobs.length === 1 ? source.name : `${source.name} (job ${job + 1})`;
    return writer.totals.requestCount === 0 ? [] : [{ ...writer.job, name: label }];
  });
}

/** One request on its way to a job; the same object for all of them. */
interface DealtRequest {
  job: number;
  operation: number;
  offsetBytes: number;
  lengthBytes: number;
  /** Since the phase's first. */
  timeUs: number;
}

function* requestsOf(source: Source, { which }: Phase, signal: AbortSignal): Generator<DealtRequest> {
  const dealer = new Dealer(source.load.jobCount);
  const [from, to] = which === 'warm-up' ? [0, source.warmUpCount] : [source.warmUpCount, Number.POSITIVE_INFINITY];
  const request: DealtRequest = { job: 0, operation: 0, offsetBytes: 0, lengthBytes: 0, timeUs: 0 };
  let number = 0;
  let originUs: number | undefined;
  for (const block of source.requests()) {
    if (signal.aborted) throw new InterruptedError();
    for (let index = 0; index < block.count; index++, number++) {
      if (number < from) continue;
      if (number >= to) return;
      const timeUs = block.timeUs?.[index] ?? 0;
      originUs ??= timeUs;
      request.operation = block.operation[index] ?? 0;
      request.offsetBytes = block.offsetBytes[index] ?? 0;
      request.lengthBytes = block.lengthBytes[index] ?? 0;
      request.timeUs = timeUs - originUs;
      request.job = dealer.deal(request.operation);
      yield request;
    }
  }
}

interface WriterOptions {
  readonly phase: Phase;
  readonly context: Context;
  readonly passCount: number;
}

/** Writes the log of one job, in the form that this fio replays. */
class JobWriter {
  readonly totals: JobTotals;
  readonly job: Omit<ReplayJob, 'name'>;
  readonly #log: Iolog | BlktraceLog | undefined;
  readonly #times: StartTimes;
  /** Requests that are not written any more: see {@link writtenCount}. */
  #left: number;
  #passStartUs = 0;
  #lastUs = 0;

  constructor(source: Source, log: string, surveyed: JobTotals, { phase, context, passCount }: WriterOptions) {
    const isBlktrace = needsBlktrace(surveyed, context.fio);
    if (isBlktrace && !surveyed.isSectorAligned) {
      throw new UnrunnableRequest(
        `fio ${context.fio.version} replays trims of whole sectors of 512 bytes only; 3.34 takes any`,
      );
    }
    this.#times = new StartTimes(phase.isPaced ? source.load : { iodepth: 1, jobCount: 1 }, phase.isTimed);
    const { isPaced } = this.#times;
    this.totals = new JobTotals();
    this.#left = writtenCount(surveyed, isBlktrace, source.load) * passCount;
    this.job = { log, stage: source.stage, load: source.load, totals: this.totals, isBlktrace, isPaced };
    if (surveyed.requestCount === 0) return;
    this.#log = openLog(context.path(log), isBlktrace, isPaced);
  }

  add({ operation, offsetBytes, lengthBytes, timeUs }: DealtRequest): void {
    if (this.#left === 0) return;
    this.#left--;
    if (timeUs < this.#lastUs - this.#passStartUs) this.#passStartUs = this.#lastUs;
    this.#lastUs = this.#passStartUs + timeUs;
    const startUs = this.#times.next(this.#lastUs, lengthBytes, operation !== Operation.sync);
    this.totals.add(operation, offsetBytes, lengthBytes);
    this.#log?.add(operation, offsetBytes, lengthBytes, startUs);
  }

  close(): void {
    this.#log?.close();
  }
}

function openLog(path: string, isBlktrace: boolean, isPaced: boolean): Iolog | BlktraceLog {
  return isBlktrace ? new BlktraceLog(path) : new Iolog(path, isPaced);
}

function needsBlktrace(totals: JobTotals, fio: FioTool): boolean {
  const trims = totals.counts[Operation.trim];
  return (trims > 0 && !isSince(fio, 3, 34)) || (totals.requestCount > 0 && totals.dataCount === 0);
}

/**
 * How many requests of a job fio finishes. It ends a blktrace by closing the file, and what is then in flight is lost;
 * a stop after the last data request sees to the rest, but syncs that follow it are no data requests.
 */
function writtenCount(totals: JobTotals, isBlktrace: boolean, load: Load): number {
  const isCut = isBlktrace && totals.dataCount > 0 && load.iodepth > 1;
  return totals.requestCount - (isCut ? totals.trailingSyncCount : 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
