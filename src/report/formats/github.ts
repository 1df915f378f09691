import { createHash } from 'node:crypto';
import type { Verdict } from '../../stats/verdict.ts';
import { formatRatio } from '../../units/rate.ts';
import { describeCell } from '../cell-text.ts';
import type { Comparison } from '../comparison.ts';
import type { Gate } from '../gate.ts';
import { printable } from '../printable.ts';
import { type GateFinding, GateFindings } from './gate-findings.ts';
import { metricsOf } from './metrics-of.ts';
import { renderTableFormat } from './table.ts';

type Level = 'error' | 'warning' | 'notice';

/** GitHub shows ten of each level a step and drops the others without a word. */
const mostOfLevel = 10;

/**
 * What GitHub Actions reads on standard output: the table in a group of the log, and annotations. An error is what keeps
 * the gate from passing; a warning what is worse or missing without that; a notice what is better.
 *
 * @source GitHub, "Workflow commands for GitHub Actions"; actions/runner, ActionCommand.cs
 */
export function renderGithub(comparison: Comparison, gate: Gate | undefined): string {
  const table = renderTableFormat(comparison, gate);
  // Nothing in the table can hold the digest of the whole of it, so nothing in it can switch commands on again.
  const token = `qtune-${createHash('sha256').update(table).digest('hex')}`;
  const log = `::group::qtune compare\n::stop-commands::${token}\n${table}::${token}::\n::endgroup::\n`;
  const annotations = annotationsOf(comparison, gate);
  return `${log}${(['error', 'warning', 'notice'] as const).map((level) => renderLevel(level, annotations[level])).join('')}`;
}

/**
 * Lines for the file of $GITHUB_OUTPUT: `verdict`; `gate`, which is passed, failed, not-compared where nothing failed but
 * something could not be judged, or none; `failed-count`, what the gate holds against head.
 */
export function githubOutputs({ verdict }: Comparison, gate: Gate | undefined): string {
  const failedCount = gate?.failures.length ?? 0;
  const answer = gate?.passed ? 'passed' : failedCount > 0 ? 'failed' : 'not-compared';
  return `verdict=${verdict}\ngate=${gate ? answer : 'none'}\nfailed-count=${failedCount}\n`;
}

interface Annotation {
  readonly title: string;
  readonly message: string;
  /** The larger, the earlier. */
  readonly weight: number;
}

function annotationsOf(comparison: Comparison, gate: Gate | undefined): Readonly<Record<Level, readonly Annotation[]>> {
  const found: Record<Level, Annotation[]> = { error: [], warning: [], notice: [] };
  const metrics = new Map(metricsOf(comparison).map((metric) => [metric.name, metric]));
  const findings = new GateFindings(gate);
  for (const cell of comparison.cells) {
    const finding = findings.of(cell.cell, cell.metric);
    const metric = metrics.get(cell.metric);
    const level = finding ? 'error' : levels[cell.verdict];
    if (level === undefined || metric === undefined) continue;
    const title = `qtune: ${finding ? findingTitle(finding) : cell.verdict}`;
    // The reason of a loss only says again what the figures do.
    const reason = finding && finding.kind !== 'loss' ? `; ${printable(finding.reason, 400)}` : '';
    // A change from nothing has no ratio and is larger than any that has one.
    const weight = cell.ratio === null || cell.ratio <= 0 ? Number.MAX_VALUE : Math.abs(Math.log(cell.ratio));
    found[level].push({ title, message: `${describeCell(cell, metric)}${reason}`, weight });
  }
  for (const { cell, side, state, reason } of comparison.unmatched) {
    const isFound = findings.of(cell, null) !== undefined;
    if (side !== 'base' && !isFound) continue;
    const title = state === 'missing' ? 'qtune: not compared' : 'qtune: not completed';
    const message = `${printable(cell)}: ${printable(reason, 400)}`;
    found[isFound ? 'error' : 'warning'].push({ title, message, weight: Number.MAX_VALUE });
  }
  for (const finding of findings.beside(comparison)) {
    const message = [finding.cell, finding.metric, finding.reason].filter((part) => part !== null);
    const text = message.map((part) => printable(part, 400)).join(': ');
    found.error.push({ title: `qtune: ${findingTitle(finding)}`, message: text, weight: Number.MAX_VALUE });
  }
  return found;
}

const levels: Readonly<Record<Verdict, Level | undefined>> = {
  worse: 'warning',
  better: 'notice',
  same: undefined,
  inconclusive: undefined,
};

function findingTitle({ kind, lossRatio }: GateFinding): string {
  if (kind === 'loss') return lossRatio === null ? 'worse, from zero' : `${formatRatio(lossRatio)} worse`;
  return kind === 'bound' ? 'out of bounds' : kind.replace('-', ' ');
}

function renderLevel(level: Level, annotations: readonly Annotation[]): string {
  const sorted = [...annotations].sort((left, right) => right.weight - left.weight);
  const shown = sorted.length > mostOfLevel ? sorted.slice(0, mostOfLevel - 1) : sorted;
  const lines = shown.map(
    ({ title, message }) => `::${level} title=${escapeProperty(title)}::${escapeData(message)}\n`,
  );
  const more = sorted.length - shown.length;
  if (more > 0) lines.push(`::${level} title=qtune::and ${more} more, see the log or the summary\n`);
  return lines.join('');
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
