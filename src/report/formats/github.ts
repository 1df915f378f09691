import { createHash } from 'node:crypto';
import { formatRatio } from '../../units/rate.ts';
import { describeCell } from '../cell-text.ts';
import type { Comparison } from '../comparison.ts';
import type { Gate } from '../gate.ts';
import { printable } from '../printable.ts';
import { gateFailures } from './gate-failure.ts';
import { metricsOf } from './metrics-of.ts';
import { renderTableFormat } from './table.ts';

type Level = 'error' | 'warning' | 'notice';

/** GitHub shows ten of each level a step and drops the others without a word. */
const mostOfLevel = 10;

/**
 * What GitHub Actions reads on standard output: the table in a group of the log, and annotations. An error is what fails
 * the gate; a warning what is worse without failing it or did not finish; a notice what is better.
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
 * Lines for the file of $GITHUB_OUTPUT: `verdict`; `gate`, which is passed, failed or none; `failed-count`, what the gate
 * holds against head.
 */
export function githubOutputs({ verdict }: Comparison, gate: Gate | undefined): string {
  const answer = gate === undefined ? 'none' : gate.passed ? 'passed' : 'failed';
  return `verdict=${verdict}\ngate=${answer}\nfailed-count=${gate?.failures.length ?? 0}\n`;
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
  const failureOf = gateFailures(gate);
  for (const cell of comparison.cells) {
    const failure = failureOf(cell.cell, cell.metric);
    const metric = metrics.get(cell.metric);
    const level = failure
      ? 'error'
      : cell.verdict === 'worse'
        ? 'warning'
        : cell.verdict === 'better'
          ? 'notice'
          : undefined;
    if (level === undefined || metric === undefined) continue;
    const title = failure ? `qtune: ${lossText(failure.lossRatio)}` : `qtune: ${cell.verdict}`;
    // A change from nothing has no ratio and is larger than any that has one.
    const weight = cell.ratio === null || cell.ratio <= 0 ? Number.MAX_VALUE : Math.abs(Math.log(cell.ratio));
    found[level].push({ title, message: describeCell(cell, metric), weight });
  }
  for (const { cell, side, state, reason } of comparison.unmatched) {
    if (side !== 'base') continue;
    const level = failureOf(cell, null) ? 'error' : 'warning';
    const title = state === 'missing' ? 'qtune: not compared' : 'qtune: not completed';
    found[level].push({ title, message: `${printable(cell)}: ${printable(reason, 400)}`, weight: Number.MAX_VALUE });
  }
  return found;
}

function lossText(lossRatio: number | null): string {
  return lossRatio === null ? 'worse, from zero' : `${formatRatio(lossRatio)} worse`;
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
