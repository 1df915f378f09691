import { commonHost } from '../../driver/driver-options.ts';
import type { HostIoSink } from '../../driver/host-io.ts';
import { EnvironmentError, InterruptedError } from '../../errors.ts';
import { formatQemuVersion } from '../../settings/qemu-version.ts';
import type { Warning } from '../../warnings.ts';
import type { Workload } from '../../workload/workload.ts';
import { measuringCpu } from '../affinity.ts';
import type { Engine, EngineDescription, EngineJob, EngineOutcome, SlicedTrial, TrialMetrics } from '../engine.ts';
import { oneAtATimeWarnings } from '../one-at-a-time.ts';
import { classifyRequests, type RequestClasses } from '../request-classes.ts';
import { UnrunnableRequest } from '../request-survey.ts';
import type { Scratch } from '../scratch.ts';
import type { QemuTools } from '../tools.ts';
import { effectiveModes, type HostDefaults, runCommand } from './block-node.ts';
import { measureOverhead } from './calibration.ts';
import { countHostIo, type HostIo } from './host-io.ts';
import { probeHostDefaults } from './host-probe.ts';
import type { ImageFiles } from './image-files.ts';
import { ImageMaker, PreparationError } from './image-maker.ts';
import { type ImageSpace, spaceMetrics, spaceOf } from './image-space.ts';
import { recordIoLog } from './io-log.ts';
import { type Replay, type ReplayOptions, replay } from './replay.ts';
import { hasSilentSyncs } from './script.ts';
import { type Script, ScriptStore } from './script-store.ts';
import { SlicedReplay } from './sliced-replay.ts';
import { placeWarnings } from './trial-warnings.ts';

/** What the qemu-io engine works with. */
export interface QemuIoEngineOptions {
  readonly tools: QemuTools;
  /** Images, scripts and pipes are made here. The engine does not close it. */
  readonly scratch: Scratch;
  /** Processors for the measured process: the last one allowed where absent, any where null or empty. */
  readonly cpus?: readonly number[] | null;
}

/**
 * Runs workloads at queue depth 1 through QEMU's own driver in `qemu-io`: a script on standard input from a file, one request
 * after the other, each one's latency taken inside the driver. Images are made and removed by the engine; the user's
 * backing file is only ever opened for reading.
 */
export function createQemuIoEngine(options: QemuIoEngineOptions): Engine {
  return new QemuIoEngine(options);
}

class QemuIoEngine implements Engine {
  readonly name = 'qemu-io';
  readonly #tools: QemuTools;
  readonly #scratch: Scratch;
  readonly #cpus: readonly number[];
  readonly #images: ImageMaker;
  readonly #scripts: ScriptStore;
  readonly #hostIo = new WeakMap<Workload, Map<string, HostIo>>();
  readonly #classes = new WeakMap<Workload, Map<string, RequestClasses | undefined>>();
  #defaults: Promise<HostDefaults> | undefined;

  constructor(options: QemuIoEngineOptions) {
    this.#tools = options.tools;
    this.#scratch = options.scratch;
    const cpu = measuringCpu();
    this.#cpus = options.cpus === undefined ? (cpu === undefined ? [] : [cpu]) : (options.cpus ?? []);
    this.#images = new ImageMaker(options.tools, options.scratch);
    this.#scripts = new ScriptStore(options.scratch, 'script');
  }

  async describe(signal: AbortSignal): Promise<EngineDescription> {
    const defaults = await this.#hostDefaults(signal);
    const { overheadMs, cpus } = await measureOverhead(this.#tools, this.#scratch, this.#cpus, defaults, signal);
    return { name: this.name, version: formatQemuVersion(this.#tools.version), ...defaults, overheadMs, cpus };
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

  async recordHostIo(job: EngineJob, sink: HostIoSink): Promise<readonly Warning[]> {
    const held: ImageFiles[] = [];
    try {
      const script = await this.#scripts.get(job.workload, hasSilentSyncs(job), job.signal);
      const files = await this.#images.prepare(job);
      held.push(files);
      const defaults = await this.#hostDefaults(job.signal);
      return await recordIoLog({ tools: this.#tools, scratch: this.#scratch, job, script, files, defaults, sink });
    } catch (error) {
      if (error instanceof PreparationError || error instanceof UnrunnableRequest) {
        throw new EnvironmentError(`--io-log: ${error.message}`, { cause: error });
      }
      throw error;
    } finally {
      for (const files of held) await this.#images.release(files);
    }
  }

  /** Removes images, backing files and scripts; no process outlives a call of `run`. */
  async close(): Promise<void> {
    await this.#images.close();
    this.#scripts.close();
  }

  async #trial(job: EngineJob, held: ImageFiles[]): Promise<EngineOutcome> {
    const prepared = await this.#prepare(job, held, (images) => images.prepare(job));
    if ('state' in prepared) return prepared;
    const { script, files, command } = prepared;
    return this.#complete(job, prepared, held, await this.#replay(job, script, files, command));
  }

  async begin(job: EngineJob, lifetimeMs: number): Promise<SlicedTrial | EngineOutcome> {
    const held: ImageFiles[] = [];
    const release = async (): Promise<void> => {
      for (const files of held.splice(0)) await this.#images.release(files);
    };
    try {
      const prepared = await this.#prepare(job, held, (images) =>
        job.reusesImage === true ? images.prepare(job) : images.prepareAnew(job),
      );
      if ('state' in prepared) {
        await release();
        return prepared;
      }
      const replay = await SlicedReplay.start({
        ...this.#replayOptions(job, prepared.files, prepared.command),
        timeLimitMs: lifetimeMs,
        classes: await this.#requestClasses(job),
      });
      const { requestCount, warmUpCount } = job.workload;
      return {
        requestCount,
        warmUpCount,
        cpus: this.#cpus,
        advance: (to) => replay.advance(to),
        usage: () => replay.usage(),
        finish: async () => {
          try {
            return await this.#complete(job, prepared, held, await replay.finish());
          } catch (error) {
            return outcomeOf(error, job);
          } finally {
            await release();
          }
        },
      };
    } catch (error) {
      await release();
      return outcomeOf(error, job);
    }
  }

  async #prepare(
    job: EngineJob,
    held: ImageFiles[],
    makeImage: (images: ImageMaker) => Promise<ImageFiles>,
  ): Promise<Prepared | EngineOutcome> {
    const defaults = await this.#hostDefaults(job.signal);
    const readOnly = job.workload.image.state === 'shared';
    const script = await this.#scripts.get(job.workload, hasSilentSyncs(job), job.signal);
    if (readOnly && script.summary.writeCount + script.summary.trimCount > 0) {
      return { state: 'failed', reason: `${job.workload.name} writes, but its image is shared between trials` };
    }
    const files = await makeImage(this.#images);
    held.push(files);
    const modes = effectiveModes(job.configuration, defaults);
    const command = runCommand(this.#tools, files, job.configuration, modes, { readOnly });
    return { defaults, script, files, command };
  }

  /** What a replay that has ended comes to. */
  async #complete(
    job: EngineJob,
    { defaults, script, files, command }: Prepared,
    held: ImageFiles[],
    run: Replay,
  ): Promise<EngineOutcome> {
    if (job.signal.aborted) throw new InterruptedError();
    if (run.failure !== undefined) {
      return { state: run.tool.timedOut ? 'timed-out' : 'failed', reason: run.failure, command };
    }
    const space = spaceOf(files);
    // Before the replay makes its own: two images of a workload that writes much may not fit.
    await this.#images.release(files);
    const traced = job.traceHostIo ? await this.#trace(job, script, held) : undefined;
    return {
      state: 'completed',
      metrics: { ...metricsOf(run, script, job, space), ...traced?.metrics },
      warnings: [...this.#warnings(run, script, defaults, job), ...(traced?.warnings ?? [])],
      command,
      cpus: run.tool.cpus,
    };
  }

  #replay(job: EngineJob, script: Script, files: ImageFiles, command: readonly string[]): Promise<Replay> {
    return replay({ ...this.#replayOptions(job, files, command), script });
  }

  #replayOptions(job: EngineJob, files: ImageFiles, command: readonly string[]): Omit<ReplayOptions, 'script'> {
    return {
      tools: this.#tools,
      scratch: this.#scratch,
      command,
      cwd: files.directory,
      workload: job.workload,
      silentSyncs: hasSilentSyncs(job),
      timeLimitMs: job.timeLimitMs,
      signal: job.signal,
      cpus: this.#cpus,
    };
  }

  /**
   * The untimed replay on an image in the same state as the measured one. At queue depth 1 the driver does the same I/O every time, so
   * one replay serves all trials of a configuration. One that fails costs the counts, not the trial.
   */
  async #trace(job: EngineJob, script: Script, held: ImageFiles[]): Promise<HostIo> {
    const { create, drive } = job.configuration;
    const key = JSON.stringify([create, drive, job.backing ?? null]);
    const ofWorkload = this.#hostIo.get(job.workload) ?? new Map<string, HostIo>();
    this.#hostIo.set(job.workload, ofWorkload);
    const known = ofWorkload.get(key);
    if (known) return known;
    const files = await this.#images.prepare(job);
    held.push(files);
    const counted = await countHostIo({
      tools: this.#tools,
      scratch: this.#scratch,
      job,
      script,
      files,
      defaults: await this.#hostDefaults(job.signal),
    });
    if (job.signal.aborted) throw new InterruptedError();
    if (counted.metrics.hostIo !== undefined) ofWorkload.set(key, counted);
    return counted;
  }

  /** Of one workload and configuration they are worked out once. */
  async #requestClasses(job: EngineJob): Promise<RequestClasses | undefined> {
    const { create, drive } = job.configuration;
    const key = JSON.stringify([create, drive, job.backing ?? null]);
    const ofWorkload = this.#classes.get(job.workload) ?? new Map<string, RequestClasses | undefined>();
    this.#classes.set(job.workload, ofWorkload);
    if (!ofWorkload.has(key)) {
      ofWorkload.set(key, await classifyRequests(job, { ...commonHost, qemu: this.#tools.version }));
    }
    return ofWorkload.get(key);
  }

  #warnings(run: Replay, script: Script, defaults: HostDefaults, job: EngineJob): readonly Warning[] {
    const warnings: Warning[] = [...oneAtATimeWarnings(job)];
    const subject = job.configuration.label;
    if (script.summary.syncCount > 0 && job.workload.image.state !== 'shared' && hasSilentSyncs(job)) {
      const message = 'with detect-zeroes the time of syncs cannot be measured; they are made, and not in the figures';
      warnings.push({ code: 'untimed-syncs', subject, message });
    }
    warnings.push(...placeWarnings(job, defaults, { asked: this.#cpus, pinned: run.tool.cpus }));
    return warnings;
  }

  #hostDefaults(signal: AbortSignal): Promise<HostDefaults> {
    this.#defaults ??= probeHostDefaults(this.#tools, this.#scratch, signal).catch((error: unknown) => {
      this.#defaults = undefined;
      throw error;
    });
    return this.#defaults;
  }
}

/** What a trial needs before its process starts. */
interface Prepared {
  readonly defaults: HostDefaults;
  readonly script: Script;
  readonly files: ImageFiles;
  readonly command: readonly string[];
}

function metricsOf(run: Replay, script: Script, job: EngineJob, space: ImageSpace): TrialMetrics {
  return { ...run.matcher.metrics(), wallMs: run.wallMs, ...spaceMetrics(script.summary, job, space) };
}

/** Failures that belong to one trial become its outcome; what is wrong with the machine or with qtune goes up. */
function outcomeOf(error: unknown, job: EngineJob): EngineOutcome {
  if (error instanceof InterruptedError || job.signal.aborted) return { state: 'aborted', reason: 'interrupted' };
  if (error instanceof PreparationError) {
    return { state: error.timedOut ? 'timed-out' : 'failed', reason: error.message, command: error.command };
  }
  if (error instanceof UnrunnableRequest) return { state: 'failed', reason: error.message };
  throw error;
}
