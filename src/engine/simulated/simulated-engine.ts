import { cloneImage } from '../../driver/clone-image.ts';
import type { CacheFamily, CostProfile } from '../../driver/cost/cost-profile.ts';
import { cacheFamilyOf } from '../../driver/cost/cost-profile.ts';
import type { ModelHost } from '../../driver/driver-options.ts';
import type { HostIoSink } from '../../driver/host-io.ts';
import type { BackingState, ImageState } from '../../driver/image-state.ts';
import { rawFileState } from '../../driver/load-host-file.ts';
import { loadImage } from '../../driver/load-image.ts';
import { prepareImage } from '../../driver/prepare-image.ts';
import { InterruptedError, QtuneError } from '../../errors.ts';
import { ImageFile } from '../../qcow2/image-file.ts';
import { cacheModeOf } from '../../settings/cache-mode.ts';
import { measuringCacheMode } from '../../settings/drive-rules.ts';
import { formatQemuVersion } from '../../settings/qemu-version.ts';
import type { Warning } from '../../warnings.ts';
import type { Engine, EngineDescription, EngineJob, EngineOutcome, TrialMetrics } from '../engine.ts';
import { oneAtATimeWarnings } from '../one-at-a-time.ts';
import { type RequestSummary, surveyRequests, UnrunnableRequest } from '../request-survey.ts';
import { RequestTimes } from '../request-times.ts';
import { hostIoCounts } from './host-io-counts.ts';
import { imageSpace } from './image-space.ts';
import { type Simulation, simulate } from './simulation.ts';

/** Costs of the way in which I/O is done, and a caveat where they are another machine's. */
export interface ChosenCosts {
  readonly profile: CostProfile;
  readonly warning?: Warning;
}

export interface SimulatedEngineOptions {
  /** The QEMU that is modelled, and what its files lie on. */
  readonly host: ModelHost;
  readonly costsFor: (cache: CacheFamily, aio: CostProfile['aio']) => Promise<ChosenCosts>;
  /** How QEMU gives its I/O to the kernel where the configuration does not say. */
  readonly aio: CostProfile['aio'];
}

/**
 * Runs workloads through the model of QEMU's driver: counts of host I/O and the space that an image takes are those of the
 * real driver, times are host I/O × costs. No process is started and no file is written; the user's backing file is read.
 * The same job gives the same metrics on any machine with the same cost profile.
 */
export function createSimulatedEngine(options: SimulatedEngineOptions): Engine {
  return new SimulatedEngine(options);
}

class SimulatedEngine implements Engine {
  readonly name = 'simulated';
  readonly #options: SimulatedEngineOptions;
  /** The image of the last job: trials that start from the same one often follow each other. */
  #kept: { readonly key: string; readonly image: ImageState } | undefined;
  readonly #surveys = new WeakMap<object, RequestSummary>();

  constructor(options: SimulatedEngineOptions) {
    this.#options = options;
  }

  async describe(): Promise<EngineDescription> {
    const { host, aio } = this.#options;
    const { profile } = await this.#options.costsFor(cacheFamilyOf(measuringCacheMode), aio);
    return {
      name: this.name,
      version: formatQemuVersion(host.qemu),
      cache: measuringCacheMode,
      aio,
      overheadMs: 0,
      cpus: [],
      costs: { name: profile.name, source: profile.source },
    };
  }

  async run(job: EngineJob): Promise<EngineOutcome> {
    try {
      return await this.#trial(job);
    } catch (error) {
      if (error instanceof InterruptedError || job.signal.aborted) return { state: 'aborted', reason: 'interrupted' };
      if (error instanceof TimeUp) return { state: 'timed-out', reason: error.message };
      if (error instanceof UnrunnableRequest || error instanceof QtuneError) {
        return { state: 'failed', reason: error.message };
      }
      throw error;
    }
  }

  async recordHostIo(job: EngineJob, sink: HostIoSink): Promise<readonly Warning[]> {
    this.#survey(job);
    const { profile } = await this.#costs(job);
    await this.#simulate(job, profile, { log: sink });
    return [];
  }

  async close(): Promise<void> {
    this.#kept = undefined;
  }

  async #trial(job: EngineJob): Promise<EngineOutcome> {
    const summary = this.#survey(job);
    if (job.workload.image.state === 'shared' && summary.writeCount + summary.trimCount > 0) {
      return { state: 'failed', reason: `${job.workload.name} writes, but its image is shared between trials` };
    }
    const { profile, warning } = await this.#costs(job);
    const times = new RequestTimes();
    const simulation = await this.#simulate(job, profile, {
      onRequest: (operation, bytes, nanoseconds) => times.record(operation, bytes, nanoseconds),
    });
    return {
      state: 'completed',
      metrics: metricsOf(simulation, times, summary, job),
      warnings: [...(warning === undefined ? [] : [warning]), ...oneAtATimeWarnings(job)],
      command: [],
      cpus: [],
    };
  }

  #simulate(
    job: EngineJob,
    costs: CostProfile,
    taps: { readonly log?: HostIoSink; readonly onRequest?: (operation: number, bytes: number, ns: number) => void },
  ): Promise<Simulation> {
    const { host } = this.#options;
    const { configuration, workload, signal } = job;
    const deadline = performance.now() + job.timeLimitMs;
    const onProgress = (done: number): void => {
      if (performance.now() > deadline) throw new TimeUp(`the model did not end in time; ${done} requests were done`);
    };
    const image = this.#image(job);
    // Trials run as the measured ones would; a log of host I/O is of the settings as QEMU takes them.
    const { drive } = configuration;
    const isLogged = taps.log !== undefined || cacheModeOf(drive) !== undefined;
    const asMeasured = isLogged ? drive : { ...drive, cache: measuringCacheMode };
    return simulate({ image, drive: asMeasured, host, workload, costs, signal, onProgress, ...taps });
  }

  #costs({ configuration }: EngineJob): Promise<ChosenCosts> {
    const { aio = this.#options.aio } = configuration.drive;
    const mode = cacheModeOf(configuration.drive) ?? measuringCacheMode;
    return this.#options.costsFor(cacheFamilyOf(mode), aioOf(aio));
  }

  #image(job: EngineJob): ImageState {
    const { configuration, workload, imageKey } = job;
    if (this.#kept?.key !== imageKey) {
      const { content, backing } = workload.image;
      const beneath = job.backing === undefined ? backing : userBacking(job.backing);
      const image = prepareImage(
        { configuration, diskBytes: workload.diskBytes, content, backing: beneath },
        this.#options.host,
      );
      this.#kept = { key: imageKey, image };
    }
    return cloneImage(this.#kept.image);
  }

  #survey({ workload }: EngineJob): RequestSummary {
    const known = this.#surveys.get(workload);
    if (known !== undefined) return known;
    const summary = surveyRequests(workload);
    this.#surveys.set(workload, summary);
    return summary;
  }
}

class TimeUp extends Error {}

function aioOf(value: unknown): CostProfile['aio'] {
  return value === 'native' || value === 'io_uring' ? value : 'threads';
}

/** The state of the user's own file, read once and closed again. */
function userBacking({ path, format }: NonNullable<EngineJob['backing']>): BackingState {
  if (format === 'qcow2') return { format: 'qcow2', image: loadImage(path, { followBacking: true }).image };
  const file = ImageFile.open(path, path);
  try {
    return { format: 'raw', virtualBytes: Math.ceil(file.lengthBytes / 512) * 512, file: rawFileState(file) };
  } finally {
    file.close();
  }
}

function metricsOf(simulation: Simulation, times: RequestTimes, summary: RequestSummary, job: EngineJob): TrialMetrics {
  const { hostIo, image } = simulation;
  const { fileBytes, allocatedBytes } = imageSpace(image);
  const { guestBytes, guestDistinctBytes, guestSeekBytes } = summary;
  const storedBytes = job.workload.image.content === 'full' ? job.workload.diskBytes : guestDistinctBytes;
  const requests = times.metrics();
  const { rate } = simulation;
  return {
    ...requests,
    ...(rate === undefined ? {} : { iops: rate.iops, iopsInterval: { low: rate.low, high: rate.high } }),
    wallMs: requests.driverMs,
    ...(job.traceHostIo ? { hostIo: hostIoCounts(hostIo) } : {}),
    ...(job.traceHostIo && hostIo.seekBytes !== undefined ? { hostSeekBytes: hostIo.seekBytes } : {}),
    fileBytes,
    allocatedBytes,
    guestBytes,
    guestDistinctBytes,
    ...(storedBytes > 0 ? { spaceAmplificationRatio: allocatedBytes / storedBytes } : {}),
    guestSeekBytes,
  };
}
