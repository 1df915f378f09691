import { exactBytes, formatBytes } from '../units/bytes.ts';
import { formatDuration } from '../units/duration.ts';
import { formatCount, formatRatio } from '../units/rate.ts';
import type { AllocationShape } from '../workload/stats/allocation.ts';
import { factLines } from './facts.ts';
import { brokenAt, reportWidth } from './fit-columns.ts';
import { printable } from './printable.ts';
import { renderTable, type TableColumn } from './table.ts';
import type { ReuseCurve, WorkloadStatsReport } from './workload-stats.ts';
import { renderWorkloadCharts } from './workload-stats-charts.ts';

const whole = (count: number): string => count.toLocaleString('en-US');
const right = (title: string): TableColumn => ({ title, align: 'right' });

/** Clusters smaller than this are in the JSON alone: nobody chooses them. */
const smallestShownCluster = 4096;
/** The largest sizes of a cache; smaller ones are in the JSON. */
const mostShownCaches = 8;
/** The smallest cluster that is shown with extended L2 entries: its subclusters are of 2 KiB. */
const smallestShownExtended = 65_536;

/** What a workload's requests come to, for people: figures, charts over time, and what each cluster size would cost. */
export function renderStatistics(report: WorkloadStatsReport): string {
  const parts = [
    heading(report),
    kinds(report),
    facts(report),
    renderWorkloadCharts(report),
    caches(report),
    shapes(report),
    notes(report),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function heading({ name, source, requestCount, durationMs, diskBytes, trace }: WorkloadStatsReport): string {
  const span = durationMs === null ? ', without times' : ` in ${formatDuration(durationMs)}`;
  const format =
    trace === null
      ? printable(source, 4 * reportWidth)
      : `${trace.title}${trace.compression === 'none' ? '' : ` in ${trace.compression}`}`;
  const lines = [
    `${printable(name)}: ${whole(requestCount)} requests${span}`,
    `  ${format}; a disk of ${formatBytes(diskBytes)}`,
  ];
  return lines.map((line) => `${brokenAt(line, reportWidth)}\n`).join('');
}

function kinds(report: WorkloadStatsReport): string {
  const { sizes, order } = report;
  const rows: string[][] = [];
  const add = (
    name: string,
    count: number,
    bytes: number,
    size: WorkloadStatsReport['sizes']['read'],
    kindOrder?: WorkloadStatsReport['order']['reads'],
  ): void => {
    if (count === 0) return;
    const ratio = formatRatio(count / report.requestCount);
    const lengths =
      size === null ? ['', '', '', ''] : [size.meanBytes, size.p50Bytes, size.p90Bytes, size.p99Bytes].map(formatBytes);
    const places =
      kindOrder === undefined
        ? ['', '', '']
        : [kindOrder.sequentialRatio, kindOrder.nearRatio, kindOrder.backwardRatio].map(formatRatio);
    rows.push([name, whole(count), ratio, size === null ? '' : formatBytes(bytes), ...lengths, ...places]);
  };
  add('reads', report.readCount, report.readBytes, sizes.read, order.reads);
  add('writes', report.writeCount, report.writeBytes, sizes.write, order.writes);
  add('trims', report.trimCount, report.trimBytes, sizes.trim);
  add('syncs', report.syncCount, 0, null);
  const columns = ['requests', 'share', 'bytes', 'mean', 'p50', 'p90', 'p99', 'in sequence', 'near', 'backward'];
  return renderTable([{ title: '' }, ...columns.map(right)], rows);
}

function facts(report: WorkloadStatsReport): string {
  const rows: [string, string][] = [
    ['touched', touched(report)],
    ['pages', pages(report)],
    ['sizes', frequentSizes(report)],
    ['aligned', alignment(report)],
    ['syncs', syncs(report)],
    ['arrivals', arrivals(report)],
  ];
  const lines = factLines(
    rows.filter(([, text]) => text !== ''),
    reportWidth,
  );
  return `${lines.join('\n')}\n`;
}

function touched({ footprintBytes, distinctWrittenBytes, rewrittenBytes, writeBytes }: WorkloadStatsReport): string {
  const read = `${formatBytes(footprintBytes)} of the disk`;
  if (writeBytes === 0) return read;
  const again = formatRatio(rewrittenBytes / writeBytes);
  return `${read}; ${formatBytes(distinctWrittenBytes)} of it written, ${again} of the written bytes over earlier ones`;
}

function pages({ pages: { accessCount, seenBeforeRatio } }: WorkloadStatsReport): string {
  if (accessCount === 0) return '';
  return `${formatRatio(seenBeforeRatio)} of the pages of 4 KiB that are read or written were touched before`;
}

function frequentSizes({ sizes }: WorkloadStatsReport): string {
  const list = (kind: 'read' | 'write' | 'trim'): string[] => {
    const most = sizes[kind]?.frequent
      .slice(0, 3)
      .map(({ bytes, ratio }) => `${exactBytes(bytes)} ${formatRatio(ratio)}`);
    return most === undefined ? [] : [`${kind}s ${most.join(', ')}`];
  };
  return [...list('read'), ...list('write'), ...list('trim')].join('; ');
}

function alignment({ alignment: grids, readCount, writeCount, trimCount }: WorkloadStatsReport): string {
  if (readCount + writeCount + trimCount === 0) return '';
  const shares = grids.map(({ bytes, ratio }) => `${formatRatio(ratio)} to ${exactBytes(bytes)}`);
  const cluster = grids.at(-1);
  const across =
    cluster === undefined
      ? ''
      : `; ${formatRatio(cluster.straddlingRatio)} reach into one cluster of ${exactBytes(cluster.bytes)} more than they need`;
  return `${shares.join(', ')}${across}`;
}

function syncs({
  syncCount,
  syncs: { writesPerSync, writtenBytesPerSync, syncsPerSecond },
}: WorkloadStatsReport): string {
  if (syncCount === 0 || writesPerSync === null || writtenBytesPerSync === null) return 'none';
  const rate = syncsPerSecond === null ? '' : `, ${formatCount(syncsPerSecond)} a second`;
  const each =
    writesPerSync >= 1
      ? `one for ${formatCount(writesPerSync)} writes (${formatBytes(writtenBytesPerSync)})`
      : `${whole(syncCount)}, more than writes`;
  return `${each}${rate}`;
}

function arrivals({ timing, durationMs }: WorkloadStatsReport): string {
  if (timing === null) return '';
  const { requestsPerSecond, busiestSecond, peakRatio, interArrival } = timing;
  const peak = `${formatCount(busiestSecond.requestCount)} in the busiest one (×${peakRatio.toFixed(1)}), ${formatDuration(busiestSecond.startMs)} from the start`;
  return [
    `${formatCount(requestsPerSecond)} a second on average`,
    ...((durationMs ?? 0) > 1000 ? [peak] : []),
    `${formatDuration(interArrival.p50Ms)} between two at the median, ${formatDuration(interArrival.p99Ms)} at p99, ${formatDuration(interArrival.maximumMs)} at most`,
    `variation ${interArrival.variationRatio.toFixed(1)}`,
  ].join('; ');
}

function caches({ reuse }: WorkloadStatsReport): string {
  if (reuse === null) return '';
  const table = (title: string, curve: ReuseCurve): string => {
    const points = curve.points.slice(-mostShownCaches);
    return renderTable(
      [{ title }, ...points.map(({ cacheBytes }) => right(exactBytes(cacheBytes)))],
      [['misses', ...points.map(({ missRatio }) => `${(100 * missRatio).toFixed(missRatio < 0.0995 ? 2 : 1)} %`)]],
    );
  };
  const { data, l2 } = reuse;
  const slices = `${exactBytes(l2.entryBytes)} each`;
  return [
    table(`cache of data, LRU, blocks of ${exactBytes(data.blockBytes)}`, data),
    table(`L2 cache, clusters of 64K, ${whole(l2.blockCount)} slices of ${slices}`, l2),
  ].join('\n');
}

function shapes({ allocation, writeCount }: WorkloadStatsReport): string {
  const shown = allocation.filter(
    ({ clusterBytes, extendedL2 }) => clusterBytes >= (extendedL2 ? smallestShownExtended : smallestShownCluster),
  );
  const nameOf = ({ clusterBytes, subclusterBytes, extendedL2 }: AllocationShape): string =>
    extendedL2 ? `${exactBytes(clusterBytes)} in ${exactBytes(subclusterBytes)}` : exactBytes(clusterBytes);
  if (writeCount === 0) {
    return renderTable(
      [{ title: 'clusters' }, right('touched'), right('L2 slices')],
      shown.map((shape) => [nameOf(shape), whole(shape.touchedClusterCount), whole(shape.touchedSliceCount)]),
    );
  }
  return renderTable(
    [
      { title: 'clusters' },
      right('touched'),
      right('written'),
      right('L2 slices'),
      right('allocating writes'),
      right('copied per byte'),
      right('allocated'),
      right('space'),
    ],
    shown.map((shape) => [
      nameOf(shape),
      whole(shape.touchedClusterCount),
      whole(shape.writtenClusterCount),
      whole(shape.touchedSliceCount),
      formatRatio(shape.allocatingWriteRatio),
      shape.copyOnWriteRatio.toFixed(2),
      formatBytes(shape.dataBytes + shape.tableBytes),
      shape.spaceAmplificationRatio === null ? '' : `×${shape.spaceAmplificationRatio.toFixed(2)}`,
    ]),
  );
}

function notes({ writeCount, warnings, reuse }: WorkloadStatsReport): string {
  const lines: string[] = [];
  if (writeCount > 0) {
    lines.push(
      'Clusters, of an image that starts empty; "64K in 2K" has extended L2 entries. Copied: bytes from a backing file with data all over, per byte written. Space: data and L2 tables over the distinct bytes written.',
    );
  }
  if (reuse?.data.isSampled === true) lines.push('Misses are estimates from a sample; the JSON has their bounds.');
  for (const { message, hint } of warnings) {
    const text = printable(message, 4 * reportWidth);
    lines.push(`Note: ${text}.${hint === undefined ? '' : ` ${printable(hint, 4 * reportWidth)}`}`);
  }
  return lines.map((line) => `${brokenAt(line, reportWidth)}\n`).join('');
}
