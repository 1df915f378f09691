import { freemem } from 'node:os';
import { formatBytes } from '../../units/bytes.ts';
import type { Warning } from '../../warnings.ts';
import { Operation } from '../../workload/request.ts';
import type { EngineJob } from '../engine.ts';
import { UnrunnableRequest } from '../request-survey.ts';
import type { ExportKind } from '../storage-daemon/export.ts';
import { type FioTool, isSince } from './fio-tool.ts';
import type { ReplayLogs } from './log-store.ts';
import type { ReplayJob } from './replay-logs.ts';

/** The most that QEMU's NBD server takes in one read or write. @source QEMU include/block/nbd.h, NBD_MAX_BUFFER_SIZE */
const maxNbdBytes = 32 << 20;
/** Share of the free memory that fio's buffers may take. */
const memoryRatio = 0.5;
/** A run time of whole milliseconds is that of a run this long to 1 %. */
const shortestMs = 100;

/** @throws UnrunnableRequest where the requests cannot go this way */
export function checkRunnable(job: EngineJob, { summary, measured, warmUp }: ReplayLogs, kind: ExportKind): void {
  const { workload } = job;
  if (workload.image.state === 'shared' && summary.writeCount + summary.trimCount > 0) {
    throw new UnrunnableRequest(`${workload.name} writes, but its image is shared between trials`);
  }
  if (kind === 'fuse' && summary.trimCount > 0) {
    throw new UnrunnableRequest('fio cannot trim a file, which a FUSE export is; --export nbd can');
  }
  const jobs = [...measured, ...warmUp];
  const longestBytes = Math.max(0, ...jobs.map(({ totals }) => totals.longestBytes));
  if (kind === 'nbd' && summary.trimCount === 0 && longestBytes > maxNbdBytes) {
    throw new UnrunnableRequest(
      `a request of ${formatBytes(longestBytes)} is longer than the ${formatBytes(maxNbdBytes)} that NBD takes; --export fuse takes it`,
    );
  }
  const bufferBytes = Math.max(bytesOf(measured), bytesOf(warmUp));
  const limitBytes = freemem() * memoryRatio;
  if (bufferBytes > limitBytes) {
    throw new UnrunnableRequest(
      `fio keeps a buffer of the longest request, ${formatBytes(longestBytes)}, for each request in flight: ${formatBytes(bufferBytes)}, more than half of the free memory; ask for fewer with --iodepth or --jobs`,
    );
  }
}

/** fio makes the buffers of all jobs at its start, those of later stages too. */
function bytesOf(jobs: readonly ReplayJob[]): number {
  return jobs.reduce((sum, { load, totals }) => sum + load.iodepth * totals.longestBytes, 0);
}

/** What is to be known of the figures of a trial. */
export function loadWarnings(
  job: EngineJob,
  logs: ReplayLogs,
  run: { readonly fio: FioTool; readonly kind: ExportKind; readonly driverMs: number },
): readonly Warning[] {
  const { workload, configuration } = job;
  const warnings: Warning[] = [];
  const warn = (code: string, message: string, hint?: string): void => {
    warnings.push({ code, subject: configuration.label, message, ...(hint === undefined ? {} : { hint }) });
  };
  if (!isSince(run.fio, 3, 36) && logs.measured.some(({ isPaced, load }) => isPaced && load.iodepth > 1)) {
    const message = `fio ${run.fio.version} sees what was completed only when it submits the next request: latencies of paced requests at a depth above 1 are too long`;
    warn('late-completions', message, 'fio 3.36 sees it at once; at --iodepth 1 so does any.');
  }
  if (run.kind === 'nbd' && workload.image.content === 'mapped') {
    const message =
      'QEMU’s NBD server asks for holes before it reads and does not read them: mapped clusters without data cost less than on a drive';
    warn('holes-not-read', message, 'Where that matters, use an image with content: full, or --export fuse.');
  }
  const leftOut = missingSyncs(job, logs);
  if (leftOut > 0) {
    const message = `fio ${run.fio.version} loses syncs at the end of requests with trims; ${leftOut} are left out`;
    warn('syncs-left-out', message, 'fio 3.34 makes them.');
  }
  const wantedMs = Math.max(0, ...logs.measured.map(({ load }) => load.runtimeMs ?? 0));
  if (wantedMs > 0 && run.driverMs < 0.9 * wantedMs) {
    const message = `the requests ended after ${Math.round(run.driverMs)} of ${Math.round(wantedMs)} ms; fio does not begin a log again`;
    warn('ended-early', message);
  } else if (run.driverMs < shortestMs) {
    const message = `the requests took ${Math.round(run.driverMs)} ms, and fio tells its run time in whole milliseconds`;
    warn('short-run', message, 'Take a workload with more requests.');
  }
  return warnings;
}

function missingSyncs({ workload }: EngineJob, { summary, measured, warmUp }: ReplayLogs): number {
  if (workload.parts !== undefined && workload.parts.length > 0) return 0;
  const written = [...measured, ...warmUp].reduce((sum, { totals }) => sum + totals.counts[Operation.sync], 0);
  return Math.max(0, summary.syncCount - written);
}
