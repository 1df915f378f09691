import type { EngineJob } from '../engine.ts';
import { effectiveModes, type HostDefaults } from '../qemu-io/block-node.ts';
import { type HostIo, HostIoTrace, traceSlowdown, withoutHostIo } from '../qemu-io/host-io.ts';
import type { ImageFiles } from '../qemu-io/image-files.ts';
import { OutputChannel } from '../qemu-io/output-channel.ts';
import { traceEvents } from '../qemu-io/trace-event.ts';
import type { Scratch } from '../scratch.ts';
import type { ExportKind } from '../storage-daemon/export.ts';
import { StorageDaemon, StorageDaemonError } from '../storage-daemon/storage-daemon.ts';
import type { QemuTools } from '../tools.ts';
import { findMissing } from './fio-metrics.ts';
import { runFio } from './fio-run.ts';
import type { FioTool } from './fio-tool.ts';
import { imageExport } from './image-export.ts';
import type { ReplayLogs } from './log-store.ts';

interface CountOptions {
  readonly tools: QemuTools;
  readonly fio: FioTool;
  readonly scratch: Scratch;
  readonly kind: ExportKind;
  readonly job: EngineJob;
  readonly logs: ReplayLogs;
  readonly files: ImageFiles;
  readonly defaults: HostDefaults;
}

/**
 * Replays a trial's requests under QEMU's trace events, untimed and without its neighbours, and counts the image's host I/O
 * by kind. At depth 1 they are those of qemu-io, except that over NBD QEMU asks what is there before it reads: holes are
 * then not read, and the first answer reads all refcount blocks. Above depth 1 requests overtake each other, and the counts are those of one such run. One that fails costs the
 * counts, not the trial.
 * @source QEMU nbd/server.c, nbd_co_send_sparse_read; block/qcow2.c, qcow2_co_block_status
 */
export async function countHostIo(options: CountOptions): Promise<HostIo> {
  const { tools, scratch, job, files, defaults, kind } = options;
  const modes = effectiveModes(job.configuration, defaults);
  const traced = defaults.aio === 'io_uring' ? { ...modes, aio: 'io_uring' } : modes;
  const trace = new HostIoTrace(job, files);
  const channel = await OutputChannel.open(scratch, 'daemon-events', tools.env, (chunk) => trace.push(chunk));
  let failure: string | undefined;
  try {
    const daemon = await StorageDaemon.start({
      ...{ tools, scratch, cpus: [], signal: job.signal, trace: traceEvents, stderrFd: channel.writeFd },
      exports: [imageExport({ name: 'disk', kind, files, job, modes: traced })],
      lifetimeMs: 3 * job.timeLimitMs * traceSlowdown,
    });
    try {
      // What the daemon logged while it opened the image is all in the pipe: it has answered since.
      channel.drain();
      trace.openingEnded();
      failure = await replayAll(options, daemon);
      await daemon.stop();
    } finally {
      await daemon.kill();
    }
  } catch (error) {
    if (!(error instanceof StorageDaemonError)) throw error;
    failure ??= error.message;
  } finally {
    channel.finish();
  }
  return failure === undefined ? trace.result() : withoutHostIo(job, failure);
}

async function replayAll(options: CountOptions, daemon: StorageDaemon): Promise<string | undefined> {
  const { tools, fio, scratch, kind, job, logs } = options;
  for (const jobs of [logs.warmUp, logs.unpaced]) {
    if (jobs.length === 0) continue;
    const run = await runFio({
      ...{ fio, scratch, env: tools.env, name: 'traced', jobs, signal: job.signal },
      target: { kind, name: 'disk', socket: daemon.socket },
      timeLimitMs: job.timeLimitMs * traceSlowdown,
    });
    const failure = run.failure ?? findMissing(jobs, run.results);
    if (failure !== undefined) return failure;
  }
  return undefined;
}
