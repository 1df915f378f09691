import { formatBytes } from '../../units/bytes.ts';
import { printable } from '../printable.ts';
import { hasCells, renderFigure } from './chart-figure.ts';
import { escapeHtml } from './charts/escape.ts';
import type { PageModel, PageWorkload } from './page-model.ts';
import { renderPublishedTable } from './published-section.ts';
import { hostIoTable, latencyTable, speedTable } from './workload-tables.ts';

/** Speed, latency, trade-offs and host I/O of one workload: a chart and the table of its figures each. */
export function renderWorkload(model: PageModel, workload: PageWorkload, index: number): string {
  const chart = model.charts.workloads[index];
  const { report } = workload;
  const predicted = workload.cells.every((cell) => cell.row.source === 'predicted');
  const axis = chart?.axis ?? null;
  const facts = [
    `${formatBytes(report.diskBytes)} disk`,
    `${report.requestCount.toLocaleString('en')} requests${report.warmUpCount > 0 ? `, the first ${report.warmUpCount.toLocaleString('en')} as warm-up` : ''}`,
    `seed ${report.seed}`,
    ...(predicted ? ['predicted by the model of the driver, not measured'] : []),
  ];
  const parts = [
    `<section${model.large ? ' class=lazy' : ''} id=w${index} aria-labelledby=w${index}h><h2 id=w${index}h>${escapeHtml(workload.name)}</h2>\n`,
    `<p>${escapeHtml(printable(report.title, 300))}${report.title === '' ? '' : '. '}${escapeHtml(facts.join(', '))}.`,
    report.source === '' ? '' : ` After ${escapeHtml(printable(report.source, 300))}`,
    '</p>\n<h3>Speed</h3>\n',
    hasCells(chart, (cell) => cell.iops !== null)
      ? renderFigure(model.charts, index, {
          name: 'speed',
          title: axis === null ? 'IOPS' : `IOPS over ${axis}`,
          description: 'Medians with intervals. The table "Speed and size" below has the figures.',
          caption: `${predicted ? 'Predicted.' : intervalNote(workload, model.confidence)}${offAxisNote(chart)}`,
        })
      : '',
    speedTable(workload, index, chart),
    renderPublishedTable(report.published),
    '<h3>Latency</h3>\n',
    hasCells(chart, (cell) => cell.latency !== null && cell.latency.length > 1)
      ? renderFigure(model.charts, index, {
          name: 'latency',
          title: 'Latency by percentile',
          description:
            'A line a configuration from the fastest to the slowest requests. The table "Latency" below has the figures.',
          caption: 'Each point is the median of the trials at that percentile; warm-up is left out.',
        })
      : '<p>The journal has no latency histograms.</p>\n',
    latencyTable(workload),
    '<h3>Speed, memory and space</h3>\n',
    renderFigure(model.charts, index, {
      name: 'pareto',
      title: 'What speed costs',
      description:
        'Speed over cache memory and over allocated space. The table "Speed and size" above has the figures and says what is on the front.',
      caption: frontNote(workload, index, model),
    }),
    '<h3>Host I/O</h3>\n',
    hasCells(chart, (cell) => cell.hostIo !== null)
      ? renderFigure(model.charts, index, {
          name: 'hostio',
          title: 'Host I/O per guest request, by kind',
          description: 'Stacked bars. The table "Host I/O" below has the figures.',
          caption: 'Exact counts of a replay that is not timed, warm-up included.',
        }) + hostIoTable(workload)
      : '<p>Host I/O was not traced in this run.</p>\n',
    '</section>\n',
  ];
  return parts.join('');
}

function intervalNote({ cells }: PageWorkload, confidence: number): string {
  const few = cells.some((cell) => cell.row.iops?.sufficient === false);
  return few
    ? 'Points are medians; whiskers are the range of the trials where these are too few for an interval.'
    : `Points are medians, whiskers their ${confidence * 100} % intervals.`;
}

function offAxisNote(chart: PageModel['charts']['workloads'][number] | undefined): string {
  if (!chart || chart.axis === null) return '';
  const count = chart.cells.filter((cell) => cell.iops !== null && cell.at === null).length;
  return count === 0 ? '' : ` ${count} configurations without a value of ${chart.axis} are in the table only.`;
}

function frontNote(workload: PageWorkload, index: number, model: PageModel): string {
  const chart = model.charts.workloads[index];
  const constant = (['memory', 'space'] as const).filter((key) => {
    const known = (chart?.cells ?? []).flatMap((cell) => cell[key] ?? []);
    return known.length > 1 && Math.max(...known) <= 1.001 * Math.min(...known);
  });
  const names = { memory: 'Cache memory', space: 'Allocated space' };
  const same = constant.map((key) => ` ${names[key]} is the same for all.`).join('');
  const count = chart?.cells.filter((cell) => cell.front).length ?? 0;
  return `Diamonds are the Pareto front, ${count} of ${workload.cells.length}: nothing else is as good in speed, memory and space and better in one.${same}`;
}
