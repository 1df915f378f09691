import type { Verdict } from '../stats/verdict.ts';
import { formatRatio } from '../units/rate.ts';
import { changeOf, configurationOf, pairsOf, sideText } from './cell-text.ts';
import type { ComparedCell, Comparison } from './comparison.ts';
import { remarksOn } from './comparison-remarks.ts';
import { formatChange, formatChangeInterval } from './figures.ts';
import { brokenAt, Footnotes, renderNamedTable, reportWidth } from './fit-columns.ts';
import type { Gate } from './gate.ts';
import type { JournalIdentity } from './journal-identity.ts';
import type { Metric } from './metric.ts';
import { printable } from './printable.ts';

/**
 * A comparison in the layout of Go's benchstat: a table a metric, a row a cell, both medians, the change or `~` where
 * there is none to speak of. Exact metrics that are the same everywhere take one line.
 */
export function renderComparison(comparison: Comparison, metrics: readonly Metric[], gate: Gate | undefined): string {
  const notes = new Footnotes();
  const parts = [
    `${describeJournal('base', comparison.base)}${describeJournal('head', comparison.head)}`,
    ...metrics.map((metric) => renderMetric(metric, comparison, notes)),
    renderUnmatched(comparison),
    notes.render(),
    renderRemarks(comparison),
    renderVerdict(comparison),
    gate ? renderGate(gate) : '',
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function describeJournal(side: string, journal: JournalIdentity): string {
  const facts = [
    printable(journal.path),
    printable(journal.startedAt, 30),
    printable(journal.qemu ?? journal.engine, 60),
    `${journal.completedCount} of ${journal.trialCount} trials completed`,
    journal.resumeCount > 0 ? 'resumed' : '',
  ];
  return `${brokenAt(`${side}: ${facts.filter((fact) => fact !== '').join(', ')}`, reportWidth)}\n`;
}

function renderMetric(metric: Metric, comparison: Comparison, notes: Footnotes): string {
  const cells = comparison.cells.filter((cell) => cell.metric === metric.name);
  if (cells.length === 0) return '';
  const source = cells.some((cell) => cell.source === 'measured') ? 'measured' : 'predicted';
  const plain = cells.every((cell) => cell.assume === 'exact' && cell.verdict === 'same' && cell.ratio === 1);
  if (plain) {
    const where = cells.length === 1 ? 'in the only cell' : `in all ${cells.length} cells`;
    return `${metric.name}: ${source === 'predicted' ? 'predicted ' : ''}exactly the same ${where}\n`;
  }
  const noisy = cells.some((cell) => cell.assume === 'noisy');
  const columns = [
    { title: 'cell' },
    { title: 'base', align: 'right' },
    { title: 'head', align: 'right' },
    { title: 'change', align: 'right' },
    { title: noisy ? `${formatRatio(comparison.confidence)} interval` : '', align: 'right' },
    { title: noisy ? 'n' : '', align: 'right' },
    { title: 'verdict' },
  ] as const;
  const slicedCount = cells.filter((cell) => cell.method === 'interleaved').length;
  const someSliced = slicedCount > 0 && slicedCount < cells.length;
  const byWorkload = new Map<string, ComparedCell[]>();
  for (const cell of cells) byWorkload.set(cell.workload, [...(byWorkload.get(cell.workload) ?? []), cell]);
  const rows = [...byWorkload].flatMap(([workload, own]) => [
    [printable(workload), '', '', '', '', '', ''],
    ...own.map((cell) => renderCell(cell, metric, someSliced, notes)),
  ]);
  const total = comparison.summary.find((entry) => entry.metric === metric.name);
  if (total && total.cellCount > 1) rows.push(['geometric mean', '', '', formatChange(total.ratio), '', '', '']);
  const direction = metric.better === 'higher' ? 'more is better' : 'less is better';
  const kind = noisy ? direction : `exact, ${direction}`;
  const how = slicedCount === cells.length ? `${source} in slices that took turns` : source;
  return `${metric.name}: ${metric.title}, ${how}, ${kind}\n${renderNamedTable(columns, rows)}`;
}

/** @param someSliced whether the table has cells of both methods, which then has to be said of each */
function renderCell(cell: ComparedCell, metric: Metric, someSliced: boolean, notes: Footnotes): string[] {
  const reason = reasonOf(cell);
  const methods = { interleaved: 'n blocks of slices that took turns', paired: 'n pairs of whole trials', exact: '' };
  const marks = [
    ...(reason === null ? [] : [reason]),
    ...(someSliced && cell.assume === 'noisy' ? [methods[cell.method]] : []),
    ...cell.warnings.map((warning) => warning.message),
  ];
  const mark = [...new Set(marks)].map((text) => notes.mark(text)).join(' ');
  const noisy = cell.assume === 'noisy';
  return [
    `  ${printable(configurationOf(cell))}`,
    cell.base === null ? '-' : sideText(cell.base, cell, metric),
    cell.head === null ? '-' : sideText(cell.head, cell, metric),
    cell.verdict === 'same' || cell.verdict === 'inconclusive' ? '~' : changeOf(cell),
    intervalOf(cell),
    noisy ? pairsOf(cell) : '',
    `${cell.verdict}${mark}`,
  ];
}

/** The pairs needed stand in a column, so cells that lack nothing else share one note. */
function reasonOf({ reason, sufficient, neededPairCount }: ComparedCell): string | null {
  return sufficient && neededPairCount !== null ? 'too noisy to tell; n→ about the pairs that would decide' : reason;
}

/** An exact value has no interval; the change is shown in its place where the verdict hides it. */
function intervalOf(cell: ComparedCell): string {
  if (cell.low === null || cell.high === null) return '';
  if (cell.low !== cell.high) return formatChangeInterval(cell.low, cell.high);
  const hidden = cell.verdict === 'same' || cell.verdict === 'inconclusive';
  return hidden && cell.ratio !== null && cell.ratio !== 1 ? formatChange(cell.ratio) : '';
}

function renderUnmatched({ unmatched }: Comparison): string {
  if (unmatched.length === 0) return '';
  const lines = unmatched.map((entry) => brokenAt(`  ${printable(entry.cell)}: ${entry.reason}`, reportWidth));
  return `Not compared:\n${lines.join('\n')}\n`;
}

function renderRemarks(comparison: Comparison): string {
  const warnings = comparison.warnings.map((warning) =>
    [`${printable(warning.subject)}: ${printable(warning.message, 400)}.`, warning.hint ?? ''].join(' ').trim(),
  );
  return [...warnings, ...remarksOn(comparison)].map((remark) => `${brokenAt(`* ${remark}`, reportWidth)}\n`).join('');
}

function renderVerdict({ verdict, cells, thresholdRatio }: Comparison): string {
  const count = (wanted: Verdict): number => cells.filter((cell) => cell.verdict === wanted).length;
  const parts = (['worse', 'better', 'same', 'inconclusive'] as const).map((one) => `${count(one)} ${one}`);
  const noisy = cells.filter((cell) => cell.assume === 'noisy').map((cell) => cell.thresholdRatio);
  const thresholds = [...new Set(noisy.length > 0 ? noisy : [thresholdRatio])].sort((left, right) => left - right);
  return `Verdict: ${verdict} (${parts.join(', ')}; noise threshold ${thresholds.map(formatRatio).join(' or ')})\n`;
}

/** The gate's answer; one line a failure, and one for each thing that it could not judge. */
export function renderGate({ passed, statement, failures, obstacles }: Gate): string {
  if (passed) return `${brokenAt(`Gate: passed, ${statement}`, reportWidth)}\n`;
  const lines = [
    ...failures.map(({ cell, metric, lossRatio, reason }) => ({
      cell,
      metric,
      what: lossRatio === null ? printable(reason, 300) : `${formatRatio(lossRatio)} ${reason}`,
    })),
    ...obstacles.map(({ cell, metric, reason }) => ({ cell, metric, what: `not compared: ${printable(reason, 300)}` })),
  ].map(({ cell, metric, what }) => {
    const subject = [cell === null ? '' : printable(cell), metric ?? ''].filter((part) => part !== '').join(' ');
    return brokenAt(`  ${subject === '' ? '' : `${subject}: `}${what}`, reportWidth);
  });
  const answer = failures.length > 0 ? 'failed' : 'not passed';
  return `${brokenAt(`Gate: ${answer}, ${statement}:`, reportWidth)}\n${lines.join('\n')}\n`;
}
