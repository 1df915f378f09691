import type { RequestBlock } from './request.ts';

/**
 * How requests are offered, for engines that can: how many at once and when. Engines that run one request after the
 * other pass over it and say so.
 */
export interface Load {
  /** Requests in flight at once, 1 to 1024. */
  readonly iodepth: number;
  /** Jobs that each run a share of the requests at this depth, 1 to 64. */
  readonly jobCount: number;
  /** Upper bound of a job's requests per second. */
  readonly rateIops?: number;
  /** Upper bound of a job's bytes per second. */
  readonly rateBytesPerSecond?: number;
  /** Microseconds that a job waits after every `thinkTimeBlockCount` requests. */
  readonly thinkTimeUs?: number;
  readonly thinkTimeBlockCount?: number;
  /** Requests start at their recorded times, divided by this factor. Needs a workload whose requests have times. */
  readonly replaySpeed?: number;
  /** Stop after this time, milliseconds, and begin again where the requests end before. */
  readonly runtimeMs?: number;
  /** Stop after this time, milliseconds, if the requests have not ended before. */
  readonly atMostMs?: number;
  /** Not measured at the start, milliseconds. */
  readonly rampTimeMs?: number;
}

/** One after the other, as fast as they go. */
export const serialLoad: Load = { iodepth: 1, jobCount: 1 };

/** Requests that run beside those of other parts. {@link Workload.requests} interleaves the parts in a fixed order. */
export interface WorkloadPart {
  /** The name of the job, for messages. */
  readonly name: string;
  readonly load: Load;
  /** Parts of one stage run side by side, when all parts of the stages before have ended; counted from 0, absent: 0. */
  readonly stage?: number;
  readonly requestCount: number;
  /** Requests at the start that are not measured. */
  readonly warmUpCount: number;
  /** A new pass; blocks are reused. */
  requests(): Iterable<RequestBlock>;
}
