import { renderChart } from './chart.ts';
import { formatChange } from './figures.ts';
import { brokenAt, renderNamedTable, reportWidth } from './fit-columns.ts';
import { fewestRuns, type History, type HistorySeries } from './history.ts';
import { type Metric, selectMetrics } from './metric.ts';
import { printable } from './printable.ts';

/** More charts than this bury the table. */
const mostCharts = 6;

/** A table of the shifts, and a chart of each series that has one. */
export function renderHistory(history: History): string {
  const { series, runCount, warnings } = history;
  const shifted = series.filter((one) => one.state === 'shifted');
  const short = series.filter((one) => one.state === 'too-short');
  const counts = [
    `${series.filter((one) => one.state === 'stable').length} of ${series.length} series without a shift`,
    ...(short.length === 0 ? [] : [`${short.length} too short: a shift shows from ${fewestRuns} runs of one host on`]),
  ];
  const parts = [
    `${brokenAt(`history of ${runCount} runs: ${counts.join(', ')}`, reportWidth)}\n`,
    renderShifts(shifted),
    ...shifted.slice(0, mostCharts).map(renderSeries),
    shifted.length > mostCharts
      ? `${shifted.length - mostCharts} more charts are left out; --json has all series\n`
      : '',
    warnings
      .map(
        ({ subject, message }) => `${brokenAt(`* ${printable(subject)}: ${printable(message, 300)}`, reportWidth)}\n`,
      )
      .join(''),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function renderShifts(series: readonly HistorySeries[]): string {
  if (series.length === 0) return 'No metric shifted.\n';
  const columns = [
    { title: 'cell and metric' },
    { title: 'first run after it' },
    { title: 'before', align: 'right' },
    { title: 'after', align: 'right' },
    { title: 'change', align: 'right' },
    { title: 'p', align: 'right' },
    { title: 'verdict' },
  ] as const;
  const rows = series.flatMap((one) => {
    const { format } = metricOf(one);
    const name = `${printable(one.cell, 60)} ${one.metric}`;
    return one.shifts.map((shift) => [
      name,
      [printable(shift.startedAt.slice(0, 10), 10), printable(shift.run, 30), qemuText(shift.qemu)].join(' ').trim(),
      format(shift.before),
      format(shift.after),
      shift.ratio === null ? 'from zero' : formatChange(shift.ratio),
      one.assume === 'exact' ? 'exact' : shift.probability.toExponential(0),
      shift.verdict,
    ]);
  });
  return renderNamedTable(columns, rows);
}

/** Of `qemu-img version 7.2.22 (Debian …)` the version. */
function qemuText(qemu: string | null): string {
  const version = /version (\S{1,20})/.exec(qemu ?? '')?.[1];
  return version === undefined ? '' : `QEMU ${printable(version, 20)}`;
}

function renderSeries(series: HistorySeries): string {
  const { format, title } = metricOf(series);
  const shiftAt = new Set(series.shifts.map((shift) => shift.index));
  const days = series.points.map((point) => printable(point.startedAt.slice(0, 10), 10));
  const shifts = series.shifts.map((shift) => `^ ${days[shift.index]} ${printable(shift.run, 30)}`);
  const host = series.hostNumber > 1 ? `, host ${series.hostNumber}` : '';
  const span = `${days[0]} to ${days.at(-1)}`;
  return renderChart([{ name: '', values: series.points.map((point) => point.value) }], {
    title: brokenAt(`${printable(series.cell, 60)}: ${title}${host}, ${span}; ${shifts.join(', ')}`, reportWidth),
    xLabels: days.map((_, index) => (shiftAt.has(index) ? '^' : '')),
    formatValue: format,
  });
}

function metricOf(series: HistorySeries): Metric {
  const [metric] = selectMetrics([series.metric]);
  if (metric === undefined) throw new RangeError(`there is no metric ${series.metric}`);
  return metric;
}
