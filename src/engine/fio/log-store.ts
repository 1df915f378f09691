import type { Workload } from '../../workload/workload.ts';
import { type RequestSummary, surveyRequests } from '../request-survey.ts';
import type { Scratch } from '../scratch.ts';
import type { FioTool } from './fio-tool.ts';
import { sourcesOf } from './job-plan.ts';
import { type ReplayJob, writeLogs } from './replay-logs.ts';

/** A workload as fio replays it. */
export interface ReplayLogs {
  readonly summary: RequestSummary;
  readonly warmUp: readonly ReplayJob[];
  readonly measured: readonly ReplayJob[];
  /** The measured requests as fast as they go, for a replay under trace; the same files where they have no times. */
  readonly unpaced: readonly ReplayJob[];
}

interface Entry {
  readonly workload: Workload;
  readonly name: string;
  readonly logs: ReplayLogs;
}

/** Workloads kept at a time: trials of one follow each other in turns with those of a few others. */
const capacity = 4;

/** Writes each workload's requests once and keeps the last few, as all configurations of a workload replay the same ones. */
export class LogStore {
  readonly #fio: FioTool;
  readonly #scratch: Scratch;
  #entries: readonly Entry[] = [];
  #sequence = 0;

  constructor(fio: FioTool, scratch: Scratch) {
    this.#fio = fio;
    this.#scratch = scratch;
  }

  /** @throws UnrunnableRequest, EnvironmentError and InterruptedError as {@link writeLogs} */
  get(workload: Workload, signal: AbortSignal): ReplayLogs {
    const known = this.#entries.find((entry) => entry.workload === workload);
    if (known) return known.logs;
    const name = `replay-${this.#sequence++}`;
    for (const old of this.#entries.slice(0, -(capacity - 1))) this.#scratch.remove(old.name);
    this.#entries = this.#entries.slice(-(capacity - 1));
    this.#scratch.makeDirectory(name);
    try {
      const logs = this.#write(workload, name, signal);
      this.#entries = [...this.#entries, { workload, name, logs }];
      return logs;
    } catch (error) {
      this.#scratch.remove(name);
      throw error;
    }
  }

  /** A workload's requests over and over, for a disk that is to be busy for as long as another one. */
  repeated(workload: Workload, leastRequestCount: number, signal: AbortSignal): readonly ReplayJob[] {
    const name = `replay-${this.#sequence++}`;
    this.#scratch.makeDirectory(name);
    const isTimed = workload.isTimed === true;
    const phase = { prefix: `${name}/again`, which: 'measured', isPaced: true, isTimed, leastRequestCount } as const;
    return writeLogs(sourcesOf(workload), phase, this.#context(signal));
  }

  /** Removes all logs. */
  close(): void {
    for (let number = 0; number < this.#sequence; number++) this.#scratch.remove(`replay-${number}`);
    this.#entries = [];
  }

  #write(workload: Workload, name: string, signal: AbortSignal): ReplayLogs {
    const summary = surveyRequests(workload);
    const sources = sourcesOf(workload);
    const context = this.#context(signal);
    const isTimed = workload.isTimed === true;
    const once = { isTimed, leastRequestCount: 1 };
    const warmUp = writeLogs(
      sources,
      { ...once, prefix: `${name}/warm-up`, which: 'warm-up', isPaced: false },
      context,
    );
    const measured = writeLogs(
      sources,
      { ...once, prefix: `${name}/measured`, which: 'measured', isPaced: true },
      context,
    );
    const unpaced = measured.some(({ isPaced }) => isPaced)
      ? writeLogs(sources, { ...once, prefix: `${name}/unpaced`, which: 'measured', isPaced: false }, context)
      : measured;
    return { summary, warmUp, measured, unpaced: unpaced.map(withoutClock) };
  }

  #context(signal: AbortSignal) {
    return { fio: this.#fio, path: (name: string) => this.#scratch.path(name), signal };
  }
}

/** The job to its end and without stops, whatever it takes. */
function withoutClock(job: ReplayJob): ReplayJob {
  const { iodepth, jobCount } = job.load;
  return { ...job, load: { iodepth, jobCount } };
}
