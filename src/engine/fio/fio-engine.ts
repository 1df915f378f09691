import { EngineError, EnvironmentError, InterruptedError } from '../../errors.ts';
import { formatQemuVersion } from '../../settings/qemu-version.ts';
import type { Workload } from '../../workload/workload.ts';
import { measuringCpu } from '../affinity.ts';
import type { Engine, EngineDescription, EngineJob, EngineOutcome } from '../engine.ts';
import { effectiveModes, type HostDefaults } from '../qemu-io/block-node.ts';
import type { HostIo } from '../qemu-io/host-io.ts';
import { probeHostDefaults } from '../qemu-io/host-probe.ts';
import type { ImageFiles } from '../qemu-io/image-files.ts';
import { ImageMaker, PreparationError, withSpaceHint } from '../qemu-io/image-maker.ts';
import { spaceMetrics, spaceOf } from '../qemu-io/image-space.ts';
import { placeWarnings } from '../qemu-io/trial-warnings.ts';
import { UnrunnableRequest } from '../request-survey.ts';
import type { Scratch } from '../scratch.ts';
import type { ExportKind } from '../storage-daemon/export.ts';
import { StorageDaemon, StorageDaemonError } from '../storage-daemon/storage-daemon.ts';
import type { QemuTools } from '../tools.ts';
import { countHostIo } from './fio-host-io.ts';
import { findMissing, requestMetrics } from './fio-metrics.ts';
import { runFio } from './fio-run.ts';
import type { FioTool } from './fio-tool.ts';
import { imageExport } from './image-export.ts';
import { LogStore, type ReplayLogs } from './log-store.ts';
import { type BusyNeighbours, type MadeNeighbour, NeighbourError, Neighbours } from './neighbours.ts';
import { measureNullDevice } from './null-device.ts';
import { checkRunnable, loadWarnings } from './trial-checks.ts';

/** What the fio engine works with. */
export interface FioEngineOptions {
  readonly tools: QemuTools;
  readonly fio: FioTool;
  /** Images, logs and sockets are made here. The engine does not close it. */
  readonly scratch: Scratch;
  /**
   * Processors for the storage daemon: the last one allowed where absent, any where null or empty. fio runs where the system puts
   * it: held to the others it lost a fifth of its rate and more on a busy machine of two.
   */
  readonly cpus?: readonly number[] | null;
  readonly exportKind: ExportKind;
  /** Workloads that run beside the measured one, each on a disk of its own with QEMU's default settings. */
  readonly neighbours: readonly Workload[];
  /** Depths to measure fio's own cost at. */
  readonly depths: readonly number[];
}

/**
 * Runs workloads at any queue depth: `qemu-storage-daemon` serves the image as a drive of the configuration, fio replays the
 * requests on its export. A daemon serves one trial; it closes the image properly at its end.
 */
export function createFioEngine(options: FioEngineOptions): Engine {
  return new FioEngine(options);
}

/** The failure of one trial: what is wrong with the machine or with qtune is thrown as it is. */
class TrialFailure extends Error {
  readonly timedOut: boolean;

  constructor(message: string, timedOut: boolean) {
    super(message);
    this.timedOut = timedOut;
  }
}

class FioEngine implements Engine {
  readonly name = 'fio';
  readonly #options: FioEngineOptions;
  readonly #daemonCpus: readonly number[];
  readonly #images: ImageMaker;
  readonly #logs: LogStore;
  readonly #neighbours: Neighbours;
  readonly #hostIo = new WeakMap<Workload, Map<string, HostIo>>();
  #defaults: Promise<HostDefaults> | undefined;

  constructor(options: FioEngineOptions) {
    this.#options = options;
    const cpu = measuringCpu();
    this.#daemonCpus = options.cpus === undefined ? (cpu === undefined ? [] : [cpu]) : (options.cpus ?? []);
    this.#images = new ImageMaker(options.tools, options.scratch);
    this.#logs = new LogStore(options.fio, options.scratch);
    this.#neighbours = new Neighbours(options, this.#images, this.#logs);
  }

  async describe(signal: AbortSignal): Promise<EngineDescription> {
    const { tools, fio, scratch, exportKind, depths } = this.#options;
    const defaults = await this.#hostDefaults(signal);
    const measured = [...new Set([1, ...depths])].sort((left, right) => left - right);
    const nullDevice = await measureNullDevice(measured, {
      ...{ tools, fio, scratch, signal, kind: exportKind, daemonCpus: this.#daemonCpus },
    }).catch((error: unknown) => {
      if (error instanceof StorageDaemonError) throw new EngineError(error.message, error.result);
      throw error;
    });
    return {
      name: this.name,
      version: formatQemuVersion(tools.version),
      ...defaults,
      overheadMs: nullDevice[0]?.meanMs ?? 0,
      cpus: this.#daemonCpus,
      fio: { version: fio.version, export: exportKind, nullDevice },
    };
  }

  async run(job: EngineJob): Promise<EngineOutcome> {
    const held: ImageFiles[] = [];
    try {
      return await this.#trial(job, held);
    } catch (error) {
      return outcomeOf(error, job);
    } finally {
      for (const files of held) await this.#images.release(files);
    }
  }

  recordHostIo(): Promise<never> {
    return Promise.reject(
      new EnvironmentError('--io-log: only the qemu-io engine can tell each host I/O of a run', {
        hint: 'Use --engine qemu-io; it runs one request at a time.',
      }),
    );
  }

  /** Removes images and logs; no process outlives a call of `run`. */
  async close(): Promise<void> {
    await this.#images.close();
    this.#logs.close();
  }

  async #trial(job: EngineJob, held: ImageFiles[]): Promise<EngineOutcome> {
    const { exportKind, fio } = this.#options;
    const defaults = await this.#hostDefaults(job.signal);
    const logs = this.#logs.get(job.workload, job.signal);
    checkRunnable(job, logs, exportKind);
    const files = await this.#images.prepare(job);
    held.push(files);
    const neighbours = await this.#neighbours.prepare(job, held, defaults);
    const run = await this.#measure(job, { logs, files, defaults, neighbours });
    const space = spaceOf(files);
    // Before the traced replay makes its own: two images of a workload that writes much may not fit.
    for (const one of held.splice(0)) await this.#images.release(one);
    const traced = job.traceHostIo ? await this.#trace(job, logs, defaults, held) : undefined;
    const { driverMs } = run.metrics;
    return {
      state: 'completed',
      metrics: { ...run.metrics, wallMs: run.wallMs, ...spaceMetrics(logs.summary, job, space), ...traced?.metrics },
      warnings: [
        ...loadWarnings(job, logs, { fio, kind: exportKind, driverMs }),
        ...placeWarnings(job, defaults, { asked: this.#daemonCpus, pinned: run.pinned }),
        ...(traced?.warnings ?? []),
      ],
      command: run.command,
      cpus: run.pinned,
    };
  }

  /** Serves the images, runs the warm-up and the measured requests, and closes the images. */
  async #measure(job: EngineJob, trial: MeasuredTrial) {
    const { tools, scratch, exportKind } = this.#options;
    const { logs, files, defaults, neighbours } = trial;
    const modes = effectiveModes(job.configuration, defaults);
    const daemon = await StorageDaemon.start({
      ...{ tools, scratch, signal: job.signal, cpus: this.#daemonCpus },
      exports: [
        imageExport({ name: 'disk', kind: exportKind, files, job, modes }),
        ...neighbours.map((neighbour) => neighbour.export),
      ],
      lifetimeMs: 2 * job.timeLimitMs + daemonGraceMs,
    });
    let busy: BusyNeighbours | undefined;
    try {
      busy = await this.#neighbours.start(neighbours, daemon, job);
      await this.#replay(job, logs.warmUp, 'warm-up', daemon);
      const { run, metrics } = await this.#replay(job, logs.measured, 'measured', daemon);
      await busy.stop(metrics.driverMs);
      await daemon.stop();
      const pinned = daemon.result?.cpus ?? [];
      return { metrics, wallMs: Math.max(metrics.driverMs, run.wallMs), command: daemon.command, pinned };
    } finally {
      await busy?.kill();
      await daemon.kill();
    }
  }

  async #replay(job: EngineJob, jobs: ReplayLogs['measured'], name: string, daemon: StorageDaemon) {
    const { tools, fio, scratch, exportKind } = this.#options;
    if (jobs.length === 0) return { run: { wallMs: 0 }, metrics: requestMetrics([], []) };
    const run = await runFio({
      ...{ fio, scratch, env: tools.env, name, jobs, signal: job.signal },
      target: { kind: exportKind, name: 'disk', socket: daemon.socket },
      timeLimitMs: job.timeLimitMs,
    });
    if (job.signal.aborted) throw new InterruptedError();
    const failure = run.failure ?? findMissing(jobs, run.results);
    if (failure === undefined) return { run, metrics: requestMetrics(jobs, run.results) };
    const crashed = daemon.result === undefined ? '' : ` (${new StorageDaemonError(daemon.result, 'ended').message})`;
    throw new TrialFailure(withSpaceHint(`${failure}${crashed}`), run.tool.timedOut);
  }

  /** At depth 1 the driver does the same I/O every time, and above it about the same: one replay serves all trials. */
  async #trace(job: EngineJob, logs: ReplayLogs, defaults: HostDefaults, held: ImageFiles[]): Promise<HostIo> {
    const { create, drive } = job.configuration;
    const key = JSON.stringify([create, drive, job.backing ?? null]);
    const ofWorkload = this.#hostIo.get(job.workload) ?? new Map<string, HostIo>();
    this.#hostIo.set(job.workload, ofWorkload);
    const known = ofWorkload.get(key);
    if (known) return known;
    const files = await this.#images.prepare(job);
    held.push(files);
    const { tools, fio, scratch, exportKind } = this.#options;
    const counted = await countHostIo({ tools, fio, scratch, kind: exportKind, job, logs, files, defaults });
    if (job.signal.aborted) throw new InterruptedError();
    if (counted.metrics.hostIo !== undefined) ofWorkload.set(key, counted);
    return counted;
  }

  #hostDefaults(signal: AbortSignal): Promise<HostDefaults> {
    const { tools, scratch } = this.#options;
    this.#defaults ??= probeHostDefaults(tools, scratch, signal).catch((error: unknown) => {
      this.#defaults = undefined;
      throw error;
    });
    return this.#defaults;
  }
}

/** Beyond the time limits of the warm-up and of the measured requests, for what comes before and after. */
const daemonGraceMs = 300_000;

interface MeasuredTrial {
  readonly logs: ReplayLogs;
  readonly files: ImageFiles;
  readonly defaults: HostDefaults;
  readonly neighbours: readonly MadeNeighbour[];
}

/** Failures that belong to one trial become its outcome; what is wrong with the machine or with qtune goes up. */
function outcomeOf(error: unknown, job: EngineJob): EngineOutcome {
  if (error instanceof InterruptedError || job.signal.aborted) return { state: 'aborted', reason: 'interrupted' };
  if (error instanceof PreparationError) {
    return { state: error.timedOut ? 'timed-out' : 'failed', reason: error.message, command: error.command };
  }
  if (error instanceof StorageDaemonError) {
    return { state: 'failed', reason: withSpaceHint(error.message), command: error.result.command };
  }
  if (error instanceof TrialFailure) return { state: error.timedOut ? 'timed-out' : 'failed', reason: error.message };
  if (error instanceof UnrunnableRequest || error instanceof NeighbourError) {
    return { state: 'failed', reason: error.message };
  }
  throw error;
}
