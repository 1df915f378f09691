import { Operation, operationNames } from '../../workload/request.ts';
import { LatencyRecorder } from '../latency-recorder.ts';
import type { RequestMetrics } from '../request-times.ts';
import type { FioJobResult } from './fio-output.ts';
import { JobTotals } from './job-totals.ts';
import type { ReplayJob } from './replay-logs.ts';

/**
 * Why fio's results are not those of the requests that it was given; undefined where each of them was submitted, completed
 * in full and timed. A job that is stopped by the clock may have done fewer, but none that was not timed.
 */
export function findMissing(jobs: readonly ReplayJob[], results: readonly FioJobResult[]): string | undefined {
  for (const [index, job] of jobs.entries()) {
    const result = results[index];
    if (result === undefined) return `${job.name}: fio printed no results`;
    const short = result.requests.reduce((sum, { shortCount }) => sum + shortCount, 0);
    if (short > 0) return `${job.name}: ${short} requests were cut short`;
    for (const { latencies } of result.requests) {
      const timed = latencies.bins.reduce((sum, [, count]) => sum + count, 0);
      if (timed !== latencies.count) return `${job.name}: fio timed ${latencies.count} requests and tells of ${timed}`;
    }
    const difference = isStoppedByClock(job) ? undefined : job.totals.difference(doneOf(result));
    if (difference !== undefined) return `${job.name}: fio completed ${difference}`;
  }
  return undefined;
}

/** Whether fio may stop before the requests end, or leaves some of them out of its figures. */
export function isStoppedByClock({ load }: Pick<ReplayJob, 'load'>): boolean {
  return load.runtimeMs !== undefined || load.atMostMs !== undefined || (load.rampTimeMs ?? 0) > 0;
}

function doneOf(result: FioJobResult): JobTotals {
  const done = new JobTotals();
  for (const [kind, { issuedCount, latencies, bytes }] of result.requests.entries()) {
    const operation = kind as Operation;
    done.counts[operation] = Math.min(issuedCount, latencies.count);
    done.bytes[operation] = operation === Operation.sync ? 0 : bytes;
  }
  return done;
}

/**
 * The part of a trial's metrics that follows from fio's results.
 *
 * `driverMs` is fio's own run time of the measured part, in whole milliseconds: of jobs side by side the longest, of stages
 * the sum. Requests overlap, so that it is not the sum of their latencies, and `iops` and `bytesPerSecond` are over this
 * time. It includes what fio and the export cost, which at depth 1 is most of it: see the measurement on a null device in
 * the journal's header. Latencies are taken in fio, from the submission of a request to its completion.
 */
export function requestMetrics(jobs: readonly ReplayJob[], results: readonly FioJobResult[]): RequestMetrics {
  const recorders = operationNames.map(() => new LatencyRecorder());
  let byteCount = 0;
  for (const { requests } of results) {
    for (const [operation, { latencies, bytes }] of requests.entries()) {
      recorders[operation]?.addBins(latencies.bins, latencies);
      if (operation === Operation.read || operation === Operation.write) byteCount += bytes;
    }
  }
  const all = new LatencyRecorder();
  const used = recorders.flatMap((recorder, operation) => {
    const name = operationNames[operation];
    return name === undefined || name === 'sync' || recorder.count === 0 ? [] : [{ name, recorder }];
  });
  for (const { recorder } of used) all.add(recorder);
  const syncs = recorders[Operation.sync];
  const driverMs = runTimeMs(jobs, results);
  const perSecond = (count: number): number => (driverMs > 0 ? (count / driverMs) * 1000 : 0);
  return {
    iops: perSecond(all.count),
    bytesPerSecond: perSecond(byteCount),
    requestCount: all.count,
    driverMs,
    syncCount: syncs?.count ?? 0,
    syncMs: syncs?.sumMs ?? 0,
    latencyMs: all.summary(),
    latencyByOperationMs: Object.fromEntries(used.map(({ name, recorder }) => [name, recorder.summary()])),
    histograms: Object.fromEntries(used.map(({ name, recorder }) => [name, recorder.encode()])),
  };
}

function runTimeMs(jobs: readonly ReplayJob[], results: readonly FioJobResult[]): number {
  const stages = new Map<number, number>();
  for (const [index, { stage }] of jobs.entries()) {
    stages.set(stage, Math.max(stages.get(stage) ?? 0, results[index]?.runtimeMs ?? 0));
  }
  return [...stages.values()].reduce((sum, ms) => sum + ms, 0);
}
