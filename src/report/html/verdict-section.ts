import type { Verdict } from '../../stats/verdict.ts';
import { formatCount, formatRatio } from '../../units/rate.ts';
import type { ComparedCell } from '../comparison.ts';
import { formatChange, formatChangeInterval } from '../figures.ts';
import { printable } from '../printable.ts';
import { hasCells, renderFigure } from './chart-figure.ts';
import { escapeHtml } from './charts/escape.ts';
import type { PageCell, PageModel, PageWorkload } from './page-model.ts';
import { type HtmlCell, type HtmlColumn, renderTable } from './table.ts';
import { verdictMetrics } from './variant-comparison.ts';

const verdicts: readonly Verdict[] = ['worse', 'inconclusive', 'better', 'same'];

/** The answer before everything else: what is fastest, and a verdict on each configuration, workload and metric. */
export function renderVerdicts(model: PageModel): string {
  const compared = model.comparison.cells.length > 0;
  return [
    '<section id=verdicts aria-labelledby=verdicts-h><h2 id=verdicts-h>Verdicts</h2>\n',
    compared ? headline(model) : `<p class=lead>${escapeHtml(nothingCompared(model))}</p>\n`,
    remarks(model),
    '<ul class=cards>',
    ...model.workloads.map((workload, index) => card(workload, index)),
    '</ul>\n',
    ...(compared ? model.workloads.map((workload, index) => renderWorkloadVerdicts(model, workload, index)) : []),
    '</section>\n',
  ].join('');
}

function nothingCompared({ variants, reports }: PageModel): string {
  if (variants.length === 0) return 'No trial has been run yet.';
  return reports.length > 1
    ? 'The journals have no cell in common, so nothing is compared.'
    : 'There is one configuration, so there is nothing to compare it with.';
}

/** More of them than this would bury the verdicts. */
const mostRemarks = 12;

/** What stands between the sides of the comparison, and cells that only one of them has. */
function remarks({ comparison: { warnings, unmatched } }: PageModel): string {
  const told = [
    ...warnings.map(({ subject, message, hint }) =>
      [`${printable(subject)}: ${printable(message, 400)}.`, hint ?? ''].join(' ').trim(),
    ),
    ...unmatched.map(({ cell, reason }) => `Not compared: ${printable(cell)}: ${printable(reason, 300)}.`),
  ];
  if (told.length === 0) return '';
  const left = told.length - mostRemarks;
  const more = left > 0 ? `<li>and ${left} more; <code>qtune compare</code> has them all` : '';
  return `<ul class=remarks>${told
    .slice(0, mostRemarks)
    .map((text) => `<li>${escapeHtml(text)}`)
    .join('')}${more}</ul>\n`;
}

function headline({ comparison, reports }: PageModel): string {
  const iops = comparison.cells.filter((cell) => cell.metric === 'iops');
  const counts = verdicts
    .map((verdict) => ({ verdict, count: iops.filter((cell) => cell.verdict === verdict).length }))
    .filter(({ count }) => count > 0);
  const labels = [...new Set(comparison.baselines.values())];
  const against =
    labels.length === 0
      ? `journal 1, ${printable(reports[0]?.journal.path ?? '', 60)}`
      : labels.length === 1
        ? printable(labels[0] ?? '', 120)
        : 'of each workload';
  const told = counts.map(({ verdict, count }) => `<span class="${verdict} chip">${count} ${verdict}</span>`);
  return (
    `<p class=lead>IOPS against the baseline <strong>${escapeHtml(against)}</strong>: ${told.join(' ')}</p>\n` +
    `<p class=note>Better and worse take a difference of at least ${thresholds(comparison.cells)}, and evidence: the chance of any false one ` +
    `among all verdicts on a metric is ${formatRatio(comparison.errorRate)}. Same is a difference shown to be smaller; inconclusive is neither. ` +
    'Counts of host I/O and bytes of space are exact.</p>\n'
  );
}

function thresholds(cells: readonly ComparedCell[]): string {
  const values = new Set(cells.filter((cell) => cell.assume === 'noisy').map((cell) => cell.thresholdRatio));
  return (
    [...values]
      .sort((left, right) => left - right)
      .map(formatRatio)
      .join(' or ') || 'nothing'
  );
}

/** The fastest configuration of a workload in a few words. */
function card(workload: PageWorkload, index: number): string {
  const measured = workload.cells.filter((cell) => cell.row.iops !== null);
  const best = measured.reduce<PageCell | undefined>(
    (known, cell) => ((cell.row.iops?.median ?? 0) > (known?.row.iops?.median ?? 0) ? cell : known),
    undefined,
  );
  const heading = `<a href=#w${index}>${escapeHtml(workload.name)}</a>`;
  if (!best) return `<li><h3>${heading}</h3><p>no completed trial`;
  const ratio = best.compared.get('iops');
  const beside = ratio && ratio.ratio !== null ? `, ${changeOf(ratio)} against the baseline` : '';
  return `<li><h3>${heading}</h3><p class=big>${formatCount(best.row.iops?.median ?? 0)} <small>IOPS</small><p>fastest: ${escapeHtml(best.name)}${escapeHtml(beside)}${best.isBaseline ? ', the baseline' : ''}`;
}

function renderWorkloadVerdicts(model: PageModel, workload: PageWorkload, index: number): string {
  const rows = workload.cells.filter((cell) => cell.compared.size > 0);
  if (rows.length === 0) return '';
  const metrics = verdictMetrics.filter((metric) => rows.some((cell) => cell.compared.has(metric.name)));
  const columns: HtmlColumn[] = [
    { title: 'configuration' },
    { title: 'IOPS, interval', numeric: true },
    ...metrics.map((metric) => ({ title: metric.title, numeric: true })),
  ];
  const heading = model.workloads.length > 1 ? `<h3>${escapeHtml(workload.name)}</h3>\n` : '';
  const figure = hasCells(model.charts.workloads[index], (cell) => cell.ratio !== null)
    ? renderFigure(model.charts, index, {
        name: 'ratio',
        title: `${workload.name}: IOPS against the baseline`,
        description: 'Ratios with intervals. The table of verdicts below has the figures.',
        caption: `Whiskers are ${model.confidence * 100} % intervals of the ratio, from trials of one block. ▲ better, ◆ worse, ■ same, ● inconclusive.`,
      })
    : '';
  const table = renderTable({
    caption: `Verdicts: ${workload.name}`,
    columns,
    groups: [
      {
        rows: rows.map((cell) => ({
          variant: cell.variant,
          cells: [
            cell.name,
            intervalOf(cell.compared.get('iops')),
            ...metrics.map((metric) => verdictCell(cell.compared.get(metric.name))),
          ],
        })),
      },
    ],
  });
  return `<div${model.large ? ' class=lazy' : ''}>${heading}${figure}${table}${reasons(rows)}</div>\n`;
}

function intervalOf(cell: ComparedCell | undefined): string {
  if (!cell || cell.low === null || cell.high === null) return '–';
  return formatChangeInterval(cell.low, cell.high);
}

/** Classes of one letter: a wide sweep has thousands of these cells. */
const cellClasses: Readonly<Record<Verdict, string>> = { better: 'b', worse: 'w', same: 's', inconclusive: 'i' };

function verdictCell(cell: ComparedCell | undefined): HtmlCell {
  if (!cell) return { html: '–' };
  const change = cell.verdict === 'same' ? '' : ` ${changeOf(cell)}`;
  return { html: `${cell.verdict}${escapeHtml(change)}`, className: cellClasses[cell.verdict] };
}

function changeOf({ ratio, base }: ComparedCell): string {
  if (ratio !== null) return formatChange(ratio);
  return base?.median === 0 ? 'from zero' : '';
}

/** More reasons than this would bury the verdicts. */
const mostReasons = 5;

/** Why verdicts are inconclusive, each reason once. */
function reasons(cells: readonly PageCell[]): string {
  const counts = new Map<string, number>();
  const needed: number[] = [];
  for (const { reason, sufficient, neededPairCount } of cells.flatMap((cell) => [...cell.compared.values()])) {
    if (reason === null) continue;
    if (sufficient && neededPairCount !== null) needed.push(neededPairCount);
    else counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const told = [...counts]
    .sort((left, right) => right[1] - left[1])
    .slice(0, mostReasons)
    .map(([reason, count]) => `${printable(reason, 300)} (${count})`);
  if (needed.length > 0) {
    const [least, most] = [Math.min(...needed), Math.max(...needed)].map((count) => count.toLocaleString('en'));
    told.unshift(
      `too little evidence: about ${least === most ? least : `${least} to ${most}`} trials a side, or blocks, would decide (${needed.length})`,
    );
  }
  if (told.length === 0) return '';
  return `<p class=note>Inconclusive because: ${escapeHtml(told.join('; '))}.</p>\n`;
}
