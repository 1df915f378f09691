import type { ExportKind } from '../storage-daemon/export.ts';
import type { ReplayJob } from './replay-logs.ts';

/** What fio's jobs act on. */
export interface FioTarget {
  readonly kind: ExportKind;
  /** Name of the export: of the NBD disk, or of the file in the scratch directory. */
  readonly name: string;
  /** The NBD server's socket, relative to fio's working directory: the address of a socket has room for 108 bytes. */
  readonly socket: string;
}

/** Requests of a job that fio keeps in memory at once, at some hundred bytes each; more are read as the job goes on. */
const keptRequests = 1 << 20;

/**
 * fio's job file. Options that fio passes over while it replays a log are not in it: rates are times in the log. Writes
 * carry the byte that qemu-io writes, so that no driver takes them for zeroes; latencies are taken from the submission to the
 * completion, with all bins.
 * @source fio HOWTO, Job file format; seen with 3.33
 */
export function jobFile(jobs: readonly ReplayJob[], target: FioTarget): string {
  const lines = [
    '[global]',
    'thread=1',
    'group_reporting=0',
    'disk_util=0',
    'lat_percentiles=1',
    'clat_percentiles=0',
    'buffer_pattern=0xcd',
    'scramble_buffers=0',
    'refill_buffers=0',
    `replay_redirect=${target.name}`,
  ];
  let stage = jobs[0]?.stage;
  for (const [index, job] of jobs.entries()) {
    lines.push(`[job-${index}]`, ...engineOptions(job, target), ...jobOptions(job));
    if (job.stage !== stage) lines.push('stonewall=1');
    stage = job.stage;
  }
  return `${lines.join('\n')}\n`;
}

/** On a file, requests of one at a time are plain system calls, as asynchronous ones would only add to them. */
function engineOptions({ load }: ReplayJob, { kind, name, socket }: FioTarget): readonly string[] {
  if (kind === 'nbd') return ['ioengine=nbd', `uri=nbd+unix:///${name}?socket=${socket}`];
  return [`ioengine=${load.iodepth === 1 ? 'psync' : 'libaio'}`, 'direct=1', `filename=${name}`];
}

function jobOptions({ log, load, totals, isBlktrace, isPaced }: ReplayJob): readonly string[] {
  const { thinkTimeUs = 0, thinkTimeBlockCount = 1, runtimeMs, atMostMs, rampTimeMs } = load;
  const limitMs = Math.min(runtimeMs ?? Number.POSITIVE_INFINITY, atMostMs ?? Number.POSITIVE_INFINITY);
  return [
    `iodepth=${load.iodepth}`,
    `read_iolog=${log}`,
    ...(isPaced ? [] : ['replay_no_stall=1']),
    // fio is else done when the log is, and drops what is in flight.
    `number_ios=${Math.max(1, totals.dataCount)}`,
    ...(isChunked(totals, isBlktrace) ? ['read_iolog_chunked=1', `bs=${Math.max(512, totals.longestBytes)}`] : []),
    ...thinkTime(thinkTimeUs, thinkTimeBlockCount, totals.dataCount, isBlktrace),
    ...(Number.isFinite(limitMs) ? [`runtime=${Math.max(1, Math.round(limitMs))}ms`] : []),
    ...(rampTimeMs === undefined || rampTimeMs === 0 ? [] : [`ramp_time=${Math.round(rampTimeMs)}ms`]),
  ];
}

/** A chunk can hold no trims, whose job fio then takes for one that only reads and writes. */
function isChunked({ counts, dataCount, requestCount }: ReplayJob['totals'], isBlktrace: boolean): boolean {
  return counts[2] === 0 && (requestCount > keptRequests || (isBlktrace && dataCount === 0));
}

/** At the end of a blktrace a stop of a microsecond awaits what is in flight. */
function thinkTime(us: number, blockCount: number, dataCount: number, isBlktrace: boolean): readonly string[] {
  if (us > 0) return [`thinktime=${Math.round(us)}us`, `thinktime_blocks=${blockCount}`];
  if (!isBlktrace || dataCount === 0) return [];
  return ['thinktime=1us', `thinktime_blocks=${dataCount}`, 'thinktime_blocks_type=issue'];
}
