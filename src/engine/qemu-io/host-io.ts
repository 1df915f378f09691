import { parseBytes } from '../../units/bytes.ts';
import type { Warning } from '../../warnings.ts';
import type { EngineJob, TrialMetrics } from '../engine.ts';
import type { Scratch } from '../scratch.ts';
import type { QemuTools } from '../tools.ts';
import { effectiveModes, type HostDefaults, runCommand } from './block-node.ts';
import { HostIoClassifier } from './host-io-classifier.ts';
import type { ImageFiles } from './image-files.ts';
import { LineSplitter } from './line-splitter.ts';
import { replay } from './replay.ts';
import { hasSilentSyncs } from './script.ts';
import type { Script } from './script-store.ts';
import { parseTraceEvent, type TraceEvent, traceEvents } from './trace-event.ts';

/** What the traced replay adds to a trial. */
export interface HostIo {
  readonly metrics: Pick<TrialMetrics, 'hostIo' | 'hostSeekBytes'>;
  readonly warnings: readonly Warning[];
}

interface CountOptions {
  readonly tools: QemuTools;
  readonly scratch: Scratch;
  readonly job: EngineJob;
  readonly script: Script;
  readonly files: ImageFiles;
  readonly defaults: HostDefaults;
}

/** A request under trace costs some ten times one without. */
export const traceSlowdown = 10;

/**
 * Replays a trial's script under QEMU's trace events, untimed, and counts its host I/O by kind. The requests to the host are served by
 * io_uring where that is possible, whatever the configuration says, as only then are syncs traced: the kind of aio
 * changes neither which requests the driver makes nor their order.
 */
export async function countHostIo(options: CountOptions): Promise<HostIo> {
  const { tools, scratch, job, script, files, defaults } = options;
  const readOnly = job.workload.image.state === 'shared';
  const modes = effectiveModes(job.configuration, defaults);
  const traced = defaults.aio === 'io_uring' ? { ...modes, aio: 'io_uring' } : modes;
  const trace = new HostIoTrace(job, files);
  const run = await replay({
    tools,
    scratch,
    command: runCommand(tools, files, job.configuration, traced, { readOnly, trace: traceEvents }),
    cwd: files.directory,
    workload: job.workload,
    script,
    silentSyncs: hasSilentSyncs(job),
    timeLimitMs: job.timeLimitMs * traceSlowdown,
    signal: job.signal,
    cpus: [],
    onStderr: (chunk) => trace.push(chunk),
  });
  return run.failure === undefined ? trace.result() : withoutHostIo(job, run.failure);
}

/** Counts host I/O in the standard error of a QEMU program that logs {@link traceEvents}. */
export class HostIoTrace {
  readonly #job: EngineJob;
  readonly #classifier: HostIoClassifier;
  readonly #lines = new LineSplitter((line) => {
    const event = parseTraceEvent(line);
    if (event) this.#add(event);
  });
  #eventCount = 0;

  constructor(job: EngineJob, { hasDataFile }: ImageFiles) {
    this.#job = job;
    this.#classifier = new HostIoClassifier({ clusterBytes: clusterBytes(job), hasDataFile });
  }

  push(chunk: Buffer): void {
    this.#lines.push(chunk);
  }

  /** As {@link HostIoClassifier.openingEnded}. */
  openingEnded(): void {
    this.#classifier.openingEnded();
  }

  result(): HostIo {
    if (!this.#classifier.started || this.#eventCount === 0) {
      return withoutHostIo(this.#job, 'this QEMU was built without the log backend for trace events');
    }
    const { counts, seekBytes } = this.#classifier.result();
    return {
      metrics: { hostIo: counts, ...(seekBytes === undefined ? {} : { hostSeekBytes: seekBytes }) },
      warnings: [],
    };
  }

  #add(event: TraceEvent): void {
    this.#eventCount++;
    this.#classifier.add(event);
  }
}

/** A trial whose host I/O could not be counted, and why. */
export function withoutHostIo(job: EngineJob, why: string): HostIo {
  return {
    metrics: {},
    warnings: [{ code: 'no-host-io', subject: job.configuration.label, message: `host I/O was not counted: ${why}` }],
  };
}

function clusterBytes(job: EngineJob): number {
  const value = job.configuration.create.cluster_size ?? 65_536;
  return typeof value === 'number' ? value : parseBytes(String(value), 'cluster_size');
}
