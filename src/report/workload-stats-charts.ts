import { exactBytes, formatBytes } from '../units/bytes.ts';
import { formatDuration } from '../units/duration.ts';
import { formatCount, formatRatio } from '../units/rate.ts';
import type { WorkloadWindow } from '../workload/stats/working-set.ts';
import { bar } from './bar.ts';
import { renderChart } from './chart.ts';
import { reportWidth } from './fit-columns.ts';
import { renderTable } from './table.ts';
import type { WorkloadStatsReport } from './workload-stats.ts';

const chartHeight = 6;
/** Columns of the longest bar. */
const barWidth = 24;
/** Labels along the axis of time. */
const labelCount = 4;
/** Space amplification is drawn where it gets this high. */
const tellingSpace = 1.25;
/** Fewer windows than this are no curve. */
const fewestWindows = 4;

/** What happens over time, how long requests are, and what clusters cost in space. */
export function renderWorkloadCharts(report: WorkloadStatsReport): string {
  return [sizeBars(report), overTime(report), space(report)].filter((chart) => chart !== '').join('\n');
}

function sizeBars({ sizes, readCount, writeCount, trimCount }: WorkloadStatsReport): string {
  const kinds = [
    { title: 'reads', size: sizes.read, count: readCount },
    { title: 'writes', size: sizes.write, count: writeCount },
    { title: 'trims', size: sizes.trim, count: trimCount },
  ].filter(({ size }) => size !== null);
  const upTo = [...new Set(kinds.flatMap(({ size }) => size?.classes.map((one) => one.upToBytes) ?? []))];
  if (upTo.length < 2) return '';
  const rows = upTo
    .sort((left, right) => left - right)
    .map((bytes) => [
      exactBytes(bytes),
      ...kinds.flatMap(({ size, count }) => {
        const share = (size?.classes.find((one) => one.upToBytes === bytes)?.requestCount ?? 0) / count;
        return share === 0 ? ['', ''] : [formatRatio(share), bar(share, barWidth)];
      }),
    ]);
  const columns = kinds.flatMap(({ title }) => [{ title, align: 'right' as const }, { title: '' }]);
  return renderTable([{ title: 'up to', align: 'right' }, ...columns], rows);
}

function overTime({ windows }: WorkloadStatsReport): string {
  const { list, widthMs, widthRequestCount } = windows;
  if (list.length < fewestWindows) return '';
  const width = widthMs === null ? `${formatCount(widthRequestCount ?? 0)} requests` : formatDuration(widthMs);
  const chart = (title: string, value: (window: WorkloadWindow) => number, formatValue: (value: number) => string) =>
    renderChart([{ name: title, values: list.map(value) }], {
      title: `${title} of ${width}`,
      xLabels: timeLabels(list),
      formatValue,
      height: chartHeight,
      width: reportWidth - 10,
    });
  const workingSet = chart('Working set, in windows', (window) => window.workingSetBytes, formatBytes);
  if (widthMs === null) return workingSet;
  const perSecond = (window: WorkloadWindow): number => window.requestCount / (widthMs / 1000);
  return `${chart('Requests a second, in windows', perSecond, formatCount)}\n${workingSet}`;
}

/** A label for every so many windows; the others have none. */
function timeLabels(list: readonly WorkloadWindow[]): string[] {
  const every = Math.ceil(list.length / labelCount);
  return list.map(({ startMs, firstRequest }, index) => {
    if (index % every !== 0) return '';
    return startMs === null ? formatCount(firstRequest) : formatDuration(startMs);
  });
}

function space({ allocation }: WorkloadStatsReport): string {
  const plain = allocation.filter(({ extendedL2, clusterBytes }) => !extendedL2 && clusterBytes >= 4096);
  const values = plain.map((shape) => shape.spaceAmplificationRatio ?? Number.NaN);
  // A line along 1 says nothing that the table does not.
  if (!values.some((value) => value >= tellingSpace)) return '';
  return renderChart([{ name: 'space', values }], {
    title: 'Space amplification over cluster size',
    xLabels: plain.map(({ clusterBytes }) => exactBytes(clusterBytes)),
    formatValue: (value) => `×${Math.max(0, value).toFixed(2)}`,
    height: chartHeight,
    width: reportWidth - 10,
  });
}
