import type { Verdict } from '../stats/verdict.ts';
import { formatCount, formatRatio } from '../units/rate.ts';
import type { ComparedCell, Comparison, SideSummary } from './comparison.ts';
import { formatChange, formatChangeInterval, formatSpread } from './figures.ts';
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
  const rows = [...new Set(cells.map((cell) => cell.workload))].flatMap((workload) => [
    [printable(workload), '', '', '', '', '', ''],
    ...cells.filter((cell) => cell.workload === workload).map((cell) => renderCell(cell, metric, notes)),
  ]);
  const total = comparison.summary.find((entry) => entry.metric === metric.name);
  if (total && total.cellCount > 1) rows.push(['geometric mean', '', '', formatChange(total.ratio), '', '', '']);
  const direction = metric.better === 'higher' ? 'more is better' : 'less is better';
  const kind = noisy ? direction : `exact, ${direction}`;
  return `${metric.name}: ${metric.title}, ${source}, ${kind}\n${renderNamedTable(columns, rows)}`;
}

function renderCell(cell: ComparedCell, metric: Metric, notes: Footnotes): string[] {
  const reason = reasonOf(cell);
  const marks = [...(reason === null ? [] : [reason]), ...cell.warnings.map((warning) => warning.message)];
  const mark = [...new Set(marks)].map((text) => notes.mark(text)).join(' ');
  const noisy = cell.assume === 'noisy';
  return [
    `  ${printable(configurationOf(cell))}`,
    renderSide(cell.base, metric, noisy),
    renderSide(cell.head, metric, noisy),
    cell.verdict === 'same' || cell.verdict === 'inconclusive' ? '~' : changeOf(cell),
    intervalOf(cell),
    noisy ? pairsOf(cell) : '',
    `${cell.verdict}${mark}`,
  ];
}

/** How many pairs there are, and how many would decide: `6→29`. */
function pairsOf({ pairCount, neededPairCount }: ComparedCell): string {
  return neededPairCount === null ? String(pairCount) : `${pairCount}→${formatCount(neededPairCount)}`;
}

/** The pairs needed stand in a column, so cells that lack nothing else share one note. */
function reasonOf({ reason, sufficient, neededPairCount }: ComparedCell): string | null {
  return sufficient && neededPairCount !== null ? 'too noisy to tell; n→ about the pairs that would decide' : reason;
}

/** The cell's name without its workload, which stands above. */
function configurationOf({ cell, workload }: ComparedCell): string {
  return cell.startsWith(`${workload}/`) ? cell.slice(workload.length + 1) : cell;
}

function changeOf(cell: ComparedCell): string {
  if (cell.ratio !== null) return formatChange(cell.ratio);
  return cell.base?.median === 0 ? 'from zero' : '';
}

/** An exact value has no interval; the change is shown in its place where the verdict hides it. */
function intervalOf(cell: ComparedCell): string {
  if (cell.low === null || cell.high === null) return '';
  if (cell.low !== cell.high) return formatChangeInterval(cell.low, cell.high);
  const hidden = cell.verdict === 'same' || cell.verdict === 'inconclusive';
  return hidden && cell.ratio !== null && cell.ratio !== 1 ? formatChange(cell.ratio) : '';
}

function renderSide(side: SideSummary | null, metric: Metric, noisy: boolean): string {
  if (side === null) return '-';
  return noisy ? `${metric.format(side.median)} ${formatSpread(side)}` : metric.format(side.median);
}

function renderUnmatched({ unmatched }: Comparison): string {
  if (unmatched.length === 0) return '';
  const lines = unmatched.map((entry) => brokenAt(`  ${printable(entry.cell)}: ${entry.reason}`, reportWidth));
  return `Not compared:\n${lines.join('\n')}\n`;
}

function renderRemarks({ warnings, multiplicity, confidence }: Comparison): string {
  const remarks = warnings.map((warning) =>
    [`${printable(warning.subject)}: ${printable(warning.message, 400)}.`, warning.hint ?? ''].join(' ').trim(),
  );
  if (multiplicity.expectedFalseAlarmCount >= 0.5) {
    remarks.push(
      `Of ${multiplicity.comparisonCount} noisy comparisons at ${formatRatio(confidence)}, about ${Number(
        multiplicity.expectedFalseAlarmCount.toPrecision(2),
      )} would leave out "no change" by chance alone. Verdicts are not adjusted for that; --json has Holm's probabilities.`,
    );
  }
  return remarks.map((remark) => `${brokenAt(`* ${remark}`, reportWidth)}\n`).join('');
}

function renderVerdict({ verdict, cells, thresholdRatio }: Comparison): string {
  const count = (wanted: Verdict): number => cells.filter((cell) => cell.verdict === wanted).length;
  const parts = (['worse', 'better', 'same', 'inconclusive'] as const).map((one) => `${count(one)} ${one}`);
  return `Verdict: ${verdict} (${parts.join(', ')}; noise threshold ${formatRatio(thresholdRatio)})\n`;
}

/** The gate's answer; one line a failure. */
export function renderGate(gate: Gate): string {
  const share = formatRatio(gate.failOnRatio);
  if (gate.passed) return `Gate: passed, nothing is worse by ${share} or more\n`;
  const lines = gate.failures.map(({ cell, metric, lossRatio, reason }) => {
    const what = lossRatio === null ? reason : `${formatRatio(lossRatio)} ${reason}`;
    return brokenAt(`  ${printable(cell)}${metric === null ? '' : ` ${metric}`}: ${what}`, reportWidth);
  });
  return `Gate: failed, worse by ${share} or more:\n${lines.join('\n')}\n`;
}
