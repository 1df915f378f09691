import type { HostIoCounts } from '../engine/engine.ts';
import { UsageError } from '../errors.ts';
import type { Better } from '../stats/verdict.ts';
import type { HostIoFigures, MetricFigures } from '../trial/scan/trial-figures.ts';
import { formatBytes } from '../units/bytes.ts';
import { formatDuration } from '../units/duration.ts';
import { formatCount } from '../units/rate.ts';

/**
 * A figure of a trial that can be compared: which way it is good, whether it has noise, and what of the host it depends
 * on are declared here once.
 */
export interface Metric {
  /** Its key in a journal's `metrics`; also the name for `--metric`. */
  readonly name: string;
  readonly title: string;
  readonly better: Better;
  /** `exact`: equal trials give equal values, so it is compared as it is and never resampled. */
  readonly assume: 'noisy' | 'exact';
  readonly dependsOn: 'machine' | 'file-system' | 'nothing';
  /** For exact metrics: differences up to this are none. Absent: the caller's noise threshold. */
  readonly thresholdRatio?: number;
  /** Relative step of recording. */
  readonly resolutionRatio?: number;
  format(value: number): string;
  /** NaN where the trial does not have it. */
  read(metrics: MetricFigures): number;
  /**
   * Of one slice of a trial, from the time inside the driver, up to a constant factor that is the same for all trials which
   * did the same requests. Absent where slices do not tell.
   */
  readSlice?(driverMs: number): number;
}

const unknown = Number.NaN;

const timed = { assume: 'noisy', dependsOn: 'machine' } as const;
/** Histograms keep three significant digits. */
const latency = { ...timed, better: 'lower', resolutionRatio: 0.001, format: formatDuration } as const;
/** The file system's own blocks, a few KiB for its extent tree, are in the allocated size and may differ. */
const space = { assume: 'exact', dependsOn: 'file-system', better: 'lower', thresholdRatio: 0.001 } as const;
const count = {
  assume: 'exact',
  dependsOn: 'nothing',
  better: 'lower',
  thresholdRatio: 0,
  format: (value: number) => value.toLocaleString('en'),
} as const;
const plainRatio = (value: number): string => Number(value.toPrecision(3)).toString();

/** What each kind of host I/O is called. */
export const hostIoTitles: Readonly<Record<keyof HostIoCounts, string>> = {
  dataRead: 'data reads',
  dataWrite: 'data writes',
  zero: 'zero writes',
  discard: 'discards',
  sync: 'syncs',
  l2Read: 'L2 table reads',
  l2Write: 'L2 table writes',
  refcountRead: 'refcount reads',
  refcountWrite: 'refcount writes',
  l1Write: 'L1 table writes',
  otherRead: 'other reads',
  otherWrite: 'other writes',
  backingRead: 'reads of the backing file',
};

/** Every kind of host I/O, in the order of reports. */
export const hostIoKinds = Object.keys(hostIoTitles) as readonly (keyof HostIoCounts)[]; // the record's keys are these

/** Requests of one kind; an absent kind counts zero, except syncs, whose absence means that they were not seen. */
export function hostIoCount(hostIo: Partial<HostIoFigures> | undefined, kind: keyof HostIoCounts): number {
  return hostIo === undefined ? unknown : (hostIo[kind] ?? (kind === 'sync' ? unknown : 0));
}

/** All requests to the image and its backing file; syncs, which not every engine sees, are left out. */
export function totalHostIoCount(hostIo: Partial<HostIoFigures> | undefined): number {
  if (hostIo === undefined) return unknown;
  return hostIoKinds.reduce((sum, kind) => sum + (kind === 'sync' ? 0 : (hostIo[kind] ?? 0)), 0);
}

/** Those that `compare` looks at unless told otherwise, in the order of its report. */
const defaultMetrics: readonly Metric[] = [
  {
    ...timed,
    name: 'iops',
    title: 'IOPS',
    better: 'higher',
    format: formatCount,
    read: (metrics) => metrics.iops,
    readSlice: (driverMs) => 1 / driverMs,
  },
  { ...latency, name: 'latencyMs.p50', title: 'latency, median', read: (metrics) => metrics.latencyMs.p50 },
  { ...latency, name: 'latencyMs.p99', title: 'latency, 99 %', read: (metrics) => metrics.latencyMs.p99 },
  {
    ...space,
    name: 'allocatedBytes',
    title: 'allocated bytes',
    format: formatBytes,
    read: (metrics) => metrics.allocatedBytes,
  },
  {
    ...space,
    name: 'spaceAmplificationRatio',
    title: 'space amplification',
    format: plainRatio,
    read: (metrics) => metrics.spaceAmplificationRatio ?? unknown,
  },
  {
    ...count,
    name: 'hostIoCount',
    title: 'host I/O requests',
    read: (metrics) => totalHostIoCount(metrics.hostIo),
  },
];

const furtherMetrics: readonly Metric[] = [
  {
    ...timed,
    name: 'bytesPerSecond',
    title: 'bytes per second',
    better: 'higher',
    format: (value) => `${formatBytes(value)}/s`,
    read: (metrics) => metrics.bytesPerSecond,
    readSlice: (driverMs) => 1 / driverMs,
  },
  {
    ...latency,
    name: 'latencyMs.mean',
    title: 'latency, mean',
    read: (metrics) => metrics.latencyMs.mean,
    readSlice: (driverMs) => driverMs,
  },
  { ...latency, name: 'latencyMs.p999', title: 'latency, 99.9 %', read: (metrics) => metrics.latencyMs.p999 },
  { ...latency, name: 'latencyMs.max', title: 'latency, largest', read: (metrics) => metrics.latencyMs.max },
  { ...space, name: 'fileBytes', title: 'file length', format: formatBytes, read: (metrics) => metrics.fileBytes },
  {
    ...space,
    name: 'hostSeekBytes',
    title: 'mean seek in the file',
    format: formatBytes,
    read: (metrics) => metrics.hostSeekBytes ?? unknown,
  },
  ...hostIoKinds.map(
    (kind): Metric => ({
      ...count,
      name: `hostIo.${kind}`,
      title: `host I/O, ${hostIoTitles[kind]}`,
      read: (metrics) => hostIoCount(metrics.hostIo, kind),
    }),
  ),
];

/** Names for `--metric`, and what a name that stands for several means. */
export const metricNames: readonly string[] = [
  ...[...defaultMetrics, ...furtherMetrics].map((metric) => metric.name),
  'hostIo',
];

/**
 * The metrics of some names; the default ones where there is none. `hostIo` stands for each kind of host I/O.
 * @throws UsageError naming the flag and what there is
 */
export function selectMetrics(names: readonly string[]): readonly Metric[] {
  if (names.length === 0) return defaultMetrics;
  const all = [...defaultMetrics, ...furtherMetrics];
  const chosen = names.flatMap((name) => {
    const found = all.filter(
      (metric) => metric.name === name || (name === 'hostIo' && metric.name.startsWith('hostIo.')),
    );
    if (found.length === 0) {
      throw new UsageError(`--metric: there is no metric "${name}"`, {
        hint: `Metrics are ${metricNames.join(', ')}.`,
      });
    }
    return found;
  });
  return [...new Set(chosen)];
}
