import { formatRatio } from '../../units/rate.ts';
import { changeOf, configurationOf, intervalOf, pairsOf, sideText } from '../cell-text.ts';
import type { ComparedCell, Comparison } from '../comparison.ts';
import { remarksOn } from '../comparison-remarks.ts';
import { formatChange } from '../figures.ts';
import type { Gate } from '../gate.ts';
import type { Metric } from '../metric.ts';
import { GateFindings } from './gate-findings.ts';
import { fitSections, type MarkdownSection } from './markdown-budget.ts';
import { codeSpan, plainText, tableRow } from './markdown-text.ts';
import { metricsOf } from './metrics-of.ts';

/** Of GitHub's 65,536 for a comment and GitLab's 1,000,000, in UTF-16 units, with room for a line of the caller's. */
const longestDocument = 65_000;
/** Room for the note on what was left out. */
const noteLength = 200;
/** Up to so many figures are all in view; of more, those that changed are, and the tables are folded. */
const mostInView = 12;
const mostRemarks = 30;

/**
 * A comparison for a pull request: verdict and gate, what changed, then a table a metric in the layout of Go's benchstat,
 * `median ± interval`, the change or `~`, and `(p=…, n=…)`. At most 65,000 characters; it says how many rows it left out.
 *
 * @source golang.org/x/perf/cmd/benchstat; GitHub Flavored Markdown
 */
export function renderMarkdown(comparison: Comparison, gate: Gate | undefined): string {
  const findings = new GateFindings(gate);
  const view: View = {
    metrics: metricsOf(comparison),
    titles: ['base', 'head', 'change', `${formatRatio(comparison.confidence)} interval`, 'verdict'],
    fails: (cell) => findings.of(cell.cell, cell.metric) !== undefined,
  };
  const folded = comparison.cells.length > mostInView;
  const tables = view.metrics.map((metric) => metricSection(comparison, metric, view));
  const sections = [
    headSection(comparison, gate),
    ...(folded ? [changesSection(comparison, view), ...folding('All figures', tables)] : tables),
    remarksSection(comparison, (cell) => findings.of(cell, null) !== undefined),
  ];
  const { text, omittedCount } = fitSections(sections, longestDocument - noteLength);
  if (omittedCount === 0) return text;
  const rows = omittedCount === 1 ? '1 row is' : `${omittedCount.toLocaleString('en')} rows are`;
  return `${text}\n_${rows} left out, as a comment holds no more; \`--format json\` has everything._\n`;
}

/** What all tables of a document share. */
interface View {
  readonly metrics: readonly Metric[];
  readonly titles: readonly string[];
  fails(cell: ComparedCell): boolean;
}

const nothing: MarkdownSection = { opening: '', rows: [], closing: '' };

function headSection(comparison: Comparison, gate: Gate | undefined): MarkdownSection {
  const { verdict, cells, base, head } = comparison;
  const counts = (['worse', 'better', 'same', 'inconclusive'] as const).map(
    (one) => `${cells.filter((cell) => cell.verdict === one).length} ${one}`,
  );
  const journals = `${codeSpan(base.path)} → ${codeSpan(head.path)}`;
  const opening = `### qtune compare: ${verdict}\n\n${counts.join(', ')} · ${journals}\n\n`;
  if (gate === undefined) return { opening, rows: [], closing: '' };
  const statement = plainText(gate.statement);
  if (gate.passed) return { opening: `${opening}**Gate passed:** ${statement}.\n\n`, rows: [], closing: '' };
  const named = [
    ...gate.failures.filter((failure) => failure.metric === null),
    ...gate.obstacles.map(({ reason, ...rest }) => ({ ...rest, reason: `not compared: ${reason}` })),
  ];
  const rows = named.map(({ cell, reason }) => `- ${cell === null ? '' : `${codeSpan(cell)}: `}${plainText(reason)}\n`);
  const answer = gate.failures.length > 0 ? 'failed' : 'not passed';
  return { opening: `${opening}**Gate ${answer}:** ${statement}.\n\n`, rows, closing: rows.length === 0 ? '' : '\n' };
}

/** What fails the gate, then what else is worse, then what is better. */
function changesSection({ cells }: Comparison, view: View): MarkdownSection {
  const ranks = cells.map((cell) => {
    if (view.fails(cell)) return { cell, rank: 0 };
    return { cell, rank: cell.verdict === 'worse' ? 1 : cell.verdict === 'better' ? 2 : 3 };
  });
  const changed = ranks.filter(({ rank }) => rank < 3).sort((left, right) => left.rank - right.rank);
  if (changed.length === 0) return nothing;
  const rows = changed.flatMap(({ cell }) => {
    const metric = view.metrics.find((one) => one.name === cell.metric);
    return metric === undefined
      ? []
      : [tableRow([codeSpan(cell.cell), metric.title, ...figureColumns(cell, metric, view)])];
  });
  return { opening: tableHead(['what changed', 'metric', ...view.titles]), rows, closing: '\n' };
}

function metricSection({ cells, summary }: Comparison, metric: Metric, view: View): MarkdownSection {
  const own = cells.filter((cell) => cell.metric === metric.name);
  const source = own.every((cell) => cell.source === 'predicted') ? 'predicted, ' : '';
  const direction = metric.better === 'higher' ? 'more is better' : 'less is better';
  const heading = `#### ${metric.title} (${source}${direction})\n\n`;
  if (own.every((cell) => cell.assume === 'exact' && cell.verdict === 'same' && cell.ratio === 1)) {
    const where = own.length === 1 ? 'in the only cell' : `in all ${own.length} cells`;
    return { opening: `${heading}Exactly the same ${where}.\n\n`, rows: [], closing: '' };
  }
  const rows = own.map((cell) =>
    tableRow([codeSpan(`${cell.workload}/${configurationOf(cell)}`), ...figureColumns(cell, metric, view)]),
  );
  const total = summary.find((entry) => entry.metric === metric.name);
  if (total && total.cellCount > 1) rows.push(tableRow(['geometric mean', '', '', formatChange(total.ratio), '', '']));
  return { opening: `${heading}${tableHead(['cell', ...view.titles])}`, rows, closing: '\n' };
}

function tableHead(titles: readonly string[]): string {
  const words = new Set(['what changed', 'cell', 'metric', 'verdict']);
  return `${tableRow(titles)}${tableRow(titles.map((title) => (words.has(title) ? '---' : '--:')))}`;
}

function figureColumns(cell: ComparedCell, metric: Metric, view: View): readonly string[] {
  const sides = [cell.base, cell.head].map((side) => (side === null ? '–' : unbroken(sideText(side, cell, metric))));
  const certain = cell.verdict === 'better' || cell.verdict === 'worse';
  const told = certain || view.fails(cell);
  const verdict = certain ? `**${cell.verdict}**` : cell.verdict;
  return [
    ...sides,
    `${told ? unbroken(changeOf(cell)) : '\\~'}${evidenceOf(cell)}`,
    unbroken(intervalOf(cell)),
    view.fails(cell) ? `${verdict}, fails the gate` : verdict,
  ];
}

/** A figure whose unit a narrow column must not push to the next line. */
function unbroken(figure: string): string {
  return figure.replaceAll(' ', '\u00a0');
}

/** Benchstat's ` (p=0.002, n=10)`; nothing for an exact metric. */
function evidenceOf(cell: ComparedCell): string {
  if (cell.assume === 'exact') return '';
  const probability = cell.adjustedProbability ?? cell.probability;
  const p = probability === null ? '' : probability < 0.0005 ? 'p<0.001, ' : `p=${probability.toFixed(3)}, `;
  return ` (${p}n=${pairsOf(cell)})`;
}

/** Sections behind one line to click on; blank lines around them make them Markdown. */
function folding(title: string, sections: readonly MarkdownSection[]): readonly MarkdownSection[] {
  return [
    { ...nothing, opening: `<details><summary>${title}</summary>\n\n` },
    ...sections,
    { ...nothing, opening: '</details>\n\n' },
  ];
}

/** @param isTold whether a cell without figures stands under the gate already */
function remarksSection(comparison: Comparison, isTold: (cell: string) => boolean): MarkdownSection {
  const warnings = [...comparison.warnings, ...comparison.cells.flatMap((cell) => cell.warnings)];
  const remarks = [
    ...comparison.unmatched
      .filter((entry) => !isTold(entry.cell))
      .map(({ cell, reason }) => `${codeSpan(cell)} was not compared: ${plainText(reason)}`),
    ...doubts(comparison.cells),
    ...warnings.map(({ subject, message, hint }) =>
      `${plainText(subject)}: ${plainText(message)}. ${hint === undefined ? '' : plainText(hint)}`.trim(),
    ),
  ];
  remarks.push(...remarksOn(comparison).map((remark) => plainText(remark)));
  if (remarks.length === 0) return nothing;
  const opening = `<details><summary>Notes (${remarks.length})</summary>\n\n`;
  const more = remarks.length - mostRemarks;
  const rows = remarks.slice(0, mostRemarks).map((remark) => `- ${remark}\n`);
  return { opening, rows: more > 0 ? [...rows, `- and ${more} more\n`] : rows, closing: '\n</details>\n' };
}

/** Why figures are inconclusive, each reason once with how many there are of it. */
function doubts(cells: readonly ComparedCell[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { reason, sufficient, neededPairCount } of cells) {
    if (reason === null) continue;
    const text = sufficient && neededPairCount !== null ? 'too noisy to tell; n→ is about what would decide' : reason;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => `${count} inconclusive: ${plainText(text)}`);
}
