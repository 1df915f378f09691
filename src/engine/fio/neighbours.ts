import { setTimeout as sleep } from 'node:timers/promises';
import type { Workload } from '../../workload/workload.ts';
import type { EngineJob } from '../engine.ts';
import { effectiveModes, type HostDefaults } from '../qemu-io/block-node.ts';
import type { ImageFiles } from '../qemu-io/image-files.ts';
import type { ImageMaker } from '../qemu-io/image-maker.ts';
import type { Scratch } from '../scratch.ts';
import type { Export, ExportKind } from '../storage-daemon/export.ts';
import type { StorageDaemon } from '../storage-daemon/storage-daemon.ts';
import type { QemuTools } from '../tools.ts';
import { type FioRunOptions, runFio } from './fio-run.ts';
import type { FioTool } from './fio-tool.ts';
import { imageExport } from './image-export.ts';
import type { LogStore } from './log-store.ts';
import type { ReplayJob } from './replay-logs.ts';

interface NeighboursOptions {
  readonly tools: QemuTools;
  readonly fio: FioTool;
  readonly scratch: Scratch;
  readonly exportKind: ExportKind;
  readonly neighbours: readonly Workload[];
}

/** A neighbour's disk, ready to be served. */
export interface MadeNeighbour {
  readonly workload: Workload;
  readonly export: Export;
}

/** Requests in one run of a neighbour's fio, so that the pauses between runs are a small part of its time. */
const leastRequestCount = 200_000;
/** Time that the neighbours get to begin before anything else is done. */
const settleMs = 300;
/** Share of the measured time that a neighbour has to have been running for. */
const coverageRatio = 0.8;

/** Makes the neighbours' disks and keeps them busy during trials. */
export class Neighbours {
  readonly #options: NeighboursOptions;
  readonly #images: ImageMaker;
  readonly #logs: LogStore;
  readonly #jobs = new Map<Workload, readonly ReplayJob[]>();

  constructor(options: NeighboursOptions, images: ImageMaker, logs: LogStore) {
    this.#options = options;
    this.#images = images;
    this.#logs = logs;
  }

  /** @param held gets the images, to be released after the trial */
  async prepare(trial: EngineJob, held: ImageFiles[], defaults: HostDefaults): Promise<readonly MadeNeighbour[]> {
    const made: MadeNeighbour[] = [];
    for (const [index, workload] of this.#options.neighbours.entries()) {
      const name = `neighbour-${index}`;
      const { timeLimitMs, signal } = trial;
      const configuration = { label: name, create: {}, drive: {} };
      const job: EngineJob = { configuration, workload, imageKey: name, timeLimitMs, traceHostIo: false, signal };
      const files = await this.#images.prepare(job);
      held.push(files);
      const modes = effectiveModes(configuration, defaults);
      const { exportKind: kind } = this.#options;
      made.push({ workload, export: imageExport({ name, kind, files, job, modes }) });
    }
    return made;
  }

  /** Starts them, and gives them time to begin. */
  async start(made: readonly MadeNeighbour[], daemon: StorageDaemon, job: EngineJob): Promise<BusyNeighbours> {
    const { tools, fio, scratch } = this.#options;
    const runs = made.map(({ workload, export: { name, kind } }) => {
      const options: FioRunOptions = {
        ...{ fio, scratch, env: tools.env, name, signal: job.signal },
        jobs: this.#jobsOf(workload, job.signal),
        target: { kind, name, socket: daemon.socket },
        timeLimitMs: 2 * job.timeLimitMs,
      };
      return new BusyNeighbour(workload.name, options);
    });
    if (runs.length > 0) await sleep(settleMs);
    return new BusyNeighbours(runs);
  }

  #jobsOf(workload: Workload, signal: AbortSignal): readonly ReplayJob[] {
    const known = this.#jobs.get(workload) ?? this.#logs.repeated(workload, leastRequestCount, signal);
    this.#jobs.set(workload, known);
    return known;
  }
}

/** A neighbour did not do its part, so that the trial is not what it was to be. */
export class NeighbourError extends Error {}

/** Neighbours at work. */
export class BusyNeighbours {
  readonly #runs: readonly BusyNeighbour[];

  constructor(runs: readonly BusyNeighbour[]) {
    this.#runs = runs;
  }

  /** Ends them. @param measuredMs how long they had to run. @throws NeighbourError where one did not */
  async stop(measuredMs: number): Promise<void> {
    await this.kill();
    for (const { name, failure, runMs } of this.#runs) {
      if (failure !== undefined) throw new NeighbourError(`the neighbour ${name} failed: ${failure}`);
      if (runMs < coverageRatio * measuredMs) {
        throw new NeighbourError(
          `the neighbour ${name} ran for ${Math.round(runMs)} of ${Math.round(measuredMs)} ms: it had too little time`,
        );
      }
    }
  }

  /** Ends them, however they did. May be called again. */
  async kill(): Promise<void> {
    await Promise.all(this.#runs.map((run) => run.stop()));
  }
}

/** Keeps a disk busy until it is stopped, by running fio over and over. */
class BusyNeighbour {
  readonly name: string;
  /** How long its requests ran, milliseconds. */
  runMs = 0;
  failure: string | undefined;
  readonly #stopper = new AbortController();
  readonly #done: Promise<void>;

  constructor(name: string, options: FioRunOptions) {
    this.name = name;
    this.#done = this.#run({ ...options, signal: AbortSignal.any([options.signal, this.#stopper.signal]) });
  }

  async stop(): Promise<void> {
    this.#stopper.abort();
    await this.#done;
  }

  /** A run that is stopped tells its results all the same. */
  async #run(options: FioRunOptions): Promise<void> {
    while (!options.signal.aborted && this.failure === undefined) {
      const { results, failure } = await runFio(options);
      this.runMs += Math.max(0, ...results.map(({ runtimeMs }) => runtimeMs));
      if (failure !== undefined && !options.signal.aborted) this.failure = failure;
    }
  }
}
