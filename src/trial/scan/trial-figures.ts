import type { EngineName, HostIoCounts, LatencySummary, TrialMetrics } from '../../engine/engine.ts';
import type { Configuration } from '../../settings/configuration.ts';
import type { TrialRecord, TrialSlices } from '../record.ts';

/** A trial's metrics without what only a report of one journal shows. */
export type MetricFigures = Omit<
  TrialMetrics,
  'iopsInterval' | 'latencyByOperationMs' | 'histograms' | 'hostIo' | 'spaceAmplificationRatio' | 'hostSeekBytes'
> & {
  readonly hostIo: HostIoFigures | undefined;
  readonly spaceAmplificationRatio: number | undefined;
  readonly hostSeekBytes: number | undefined;
};

/** Host I/O by kind; undefined where the count is zero, or not known for syncs. */
export type HostIoFigures = Readonly<Record<keyof HostIoCounts, number | undefined>>;

interface FiguresBase {
  readonly id: string;
  readonly workload: string;
  readonly configuration: Configuration;
  readonly repetition: number;
  readonly block: number;
  readonly engine: EngineName;
  readonly startedAt: string;
}

/** What comparisons need of a trial. */
export type TrialFigures =
  | (FiguresBase & {
      readonly state: 'completed';
      readonly metrics: MetricFigures;
      readonly slices: TrialSlices | undefined;
      readonly disturbed: boolean;
    })
  | (FiguresBase & { readonly state: 'failed' | 'timed-out' | 'aborted' | 'skipped' });

/** Leaves out of a record what comparisons do not need. */
export function figuresOf(record: TrialRecord): TrialFigures {
  const { id, workload, configuration, repetition, block, engine, startedAt } = record;
  const base = { id, workload, configuration, repetition, block, engine, startedAt };
  if (record.state !== 'completed') return { ...base, state: record.state };
  const { slices, disturbance } = record;
  const disturbed = disturbance?.disturbed === true;
  return { ...base, state: record.state, metrics: metricFigures(record.metrics), slices, disturbed };
}

function metricFigures(metrics: TrialMetrics): MetricFigures {
  return {
    iops: metrics.iops,
    bytesPerSecond: metrics.bytesPerSecond,
    requestCount: metrics.requestCount,
    wallMs: metrics.wallMs,
    driverMs: metrics.driverMs,
    syncCount: metrics.syncCount,
    syncMs: metrics.syncMs,
    latencyMs: latencyFigures(metrics.latencyMs),
    fileBytes: metrics.fileBytes,
    allocatedBytes: metrics.allocatedBytes,
    guestBytes: metrics.guestBytes,
    guestDistinctBytes: metrics.guestDistinctBytes,
    guestSeekBytes: metrics.guestSeekBytes,
    spaceAmplificationRatio: metrics.spaceAmplificationRatio,
    hostSeekBytes: metrics.hostSeekBytes,
    hostIo: metrics.hostIo && hostIoFigures(metrics.hostIo),
  };
}

function latencyFigures({ count, mean, p50, p99, p999, max }: LatencySummary): LatencySummary {
  return { count, mean, p50, p99, p999, max };
}

/** Kinds of host I/O that this version knows; a later one may add some. */
export const hostIoKeys = Object.keys(noHostIo()) as readonly (keyof HostIoCounts)[]; // its keys are these

function hostIoFigures(hostIo: HostIoCounts): HostIoFigures {
  const figures = noHostIo();
  for (const key of hostIoKeys) figures[key] = hostIo[key];
  return figures;
}

/** All kinds, none of them counted. */
export function noHostIo(): Record<keyof HostIoCounts, number | undefined> {
  const none = undefined;
  return {
    dataRead: none,
    dataWrite: none,
    zero: none,
    discard: none,
    sync: none,
    l2Read: none,
    l2Write: none,
    refcountRead: none,
    refcountWrite: none,
    l1Write: none,
    otherRead: none,
    otherWrite: none,
    backingRead: none,
  };
}
