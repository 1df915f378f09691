import { UsageError } from '../errors.ts';
import { formatRatio } from '../units/rate.ts';
import type { UnmatchedCell } from './cell-matching.ts';
import type { ComparedCell, Comparison } from './comparison.ts';
import { type GateRule, lossRule, matchesGlob } from './gate-rule.ts';
import { type Metric, selectMetrics } from './metric.ts';
import { printable } from './printable.ts';

export interface GateFailure {
  readonly cell: string;
  /** Null where head measured nothing at all. */
  readonly metric: string | null;
  readonly kind: 'loss' | 'bound' | 'not-completed' | 'inconclusive';
  /** How much worse, 0.05 for 5 %; null where it has no number: from nothing to something, not measured, or no loss is meant. */
  readonly lossRatio: number | null;
  readonly reason: string;
}

/** Something that the gate was to judge and could not, which is no reason to let it pass. */
export interface GateObstacle {
  readonly cell: string | null;
  readonly metric: string | null;
  readonly reason: string;
}

/** The answer of `--fail-on`. */
export interface Gate {
  /** The share of `--fail-on 5%`; null where rules of a file were given. */
  readonly failOnRatio: number | null;
  readonly rulesFile: string | null;
  /** No failure and no obstacle. */
  readonly passed: boolean;
  /** Figures that were judged. */
  readonly checkedCount: number;
  readonly failures: readonly GateFailure[];
  readonly obstacles: readonly GateObstacle[];
  /** In a few words, after `passed` or `failed`: `nothing is worse by 5 % or more`. */
  readonly statement: string;
}

/**
 * Whether anything is worse by at least the given share: its estimate is, and chance is excluded. The noise threshold of
 * verdicts plays no part, since the share takes its place. A cell of which head completed no trial fails too: not to finish
 * is worse than any loss. What could not be compared keeps the gate from passing.
 */
export function applyGate(comparison: Comparison, failOnRatio: number, missing: GateRule['missing'] = 'fail'): Gate {
  const found = applyRules(comparison, [lossRule(failOnRatio, missing)]);
  const share = `worse by ${formatRatio(failOnRatio)} or more`;
  const statement = found.passed ? `nothing is ${share}` : describeFailures(found, share);
  return { ...found, failOnRatio, rulesFile: null, statement };
}

/** The same with rules of a file. @throws UsageError where a rule is about nothing */
export function applyRulesFile(comparison: Comparison, rulesFile: string, rules: readonly GateRule[]): Gate {
  const found = applyRules(comparison, rules);
  const { checkedCount, failures, passed } = found;
  const failed = `${failures.length} of ${checkedCount} figures break a rule of ${printable(rulesFile)}`;
  const held = `${checkedCount} figures keep to ${printable(rulesFile)}`;
  const statement = passed ? held : failures.length > 0 ? failed : notJudged(found);
  return { ...found, failOnRatio: null, rulesFile, statement };
}

type Findings = Pick<Gate, 'passed' | 'checkedCount' | 'failures' | 'obstacles'>;

function describeFailures(found: Findings, share: string): string {
  const { failures } = found;
  if (failures.length === 0) return notJudged(found);
  const unfinishedCount = failures.filter((failure) => failure.kind === 'not-completed').length;
  const worseCount = failures.length - unfinishedCount;
  return [
    ...(worseCount === 0 ? [] : [worseCount === 1 ? `1 figure is ${share}` : `${worseCount} figures are ${share}`]),
    ...(unfinishedCount === 0 ? [] : [`${unfinishedCount} not completed`]),
  ].join(', ');
}

function notJudged({ obstacles }: Findings): string {
  return `${obstacles.length === 1 ? 'something' : `${obstacles.length} things`} could not be compared`;
}

function applyRules(comparison: Comparison, rules: readonly GateRule[]): Findings {
  const failures = new Map<string, GateFailure>();
  const obstacles = new Map<string, GateObstacle>();
  const checked = new Set<string>();
  const keyOf = (cell: string | null, metric: string | null): string => JSON.stringify([cell, metric]);
  const fail = (failure: GateFailure): void => {
    const key = keyOf(failure.cell, failure.metric);
    // Of several rules that a figure breaks, one that is certain counts.
    if (!failures.has(key) || failures.get(key)?.kind === 'inconclusive') failures.set(key, failure);
  };
  const hinder = (obstacle: GateObstacle): void => {
    obstacles.set(keyOf(obstacle.cell, obstacle.metric), obstacle);
  };
  for (const rule of rules) {
    const cells = comparison.cells.filter((cell) => concerns(rule, cell.workload, cell.headConfiguration, cell.metric));
    const unmatched = comparison.unmatched.filter((entry) => concerns(rule, entry.workload, entry.configuration));
    if (cells.length === 0 && unmatched.length === 0 && !rule.optional && rule.source !== '--fail-on') {
      throw new UsageError(`${rule.source}: the rule is about nothing that was compared`, {
        hint: 'Look for a mistyped name, or say `optional: true`.',
      });
    }
    for (const entry of unmatched) judgeUnmatched(rule, entry, fail, hinder);
    for (const cell of cells) {
      const judged = judge(rule, cell, comparison.significanceLevel);
      if (judged === 'not-compared') {
        // Percentiles take more pairs than means: a rule about all metrics has done its work where one that is timed was
        // compared. A figure without a single pair, such as a rate of zero, is another matter.
        const others = cells.filter((other) => other.cell === cell.cell && other.assume === 'noisy');
        const untold = cell.pairCount === 0 || !others.some((other) => other.sufficient);
        if (rule.metric !== undefined || (cell.assume === 'noisy' && untold)) {
          hinder({ cell: cell.cell, metric: rule.metric ?? null, reason: cell.reason ?? 'it has no value' });
        }
        continue;
      }
      checked.add(keyOf(cell.cell, cell.metric));
      if (judged !== 'kept') fail({ cell: cell.cell, metric: cell.metric, ...judged });
    }
  }
  if (checked.size === 0 && failures.size === 0 && obstacles.size === 0) {
    hinder({ cell: null, metric: null, reason: 'nothing was compared' });
  }
  return {
    passed: failures.size === 0 && obstacles.size === 0,
    checkedCount: checked.size,
    failures: [...failures.values()],
    obstacles: [...obstacles.values()],
  };
}

/** A rule about one metric is about cells that were not compared as well. */
function concerns(rule: GateRule, workload: string, configuration: string, metric?: string): boolean {
  return (
    (rule.metric === undefined || metric === undefined || rule.metric === metric) &&
    matchesGlob(rule.workload, workload) &&
    matchesGlob(rule.configuration, configuration)
  );
}

function judgeUnmatched(
  rule: GateRule,
  { cell, side, state, reason }: UnmatchedCell,
  fail: (failure: GateFailure) => void,
  hinder: (obstacle: GateObstacle) => void,
): void {
  if (state === 'not-completed' && side === 'base') {
    fail({ cell, metric: null, kind: 'not-completed', lossRatio: null, reason });
  } else if (rule.missing === 'fail') hinder({ cell, metric: null, reason });
}

type Judgement = 'kept' | 'not-compared' | Pick<GateFailure, 'kind' | 'lossRatio' | 'reason'>;

function judge(rule: GateRule, cell: ComparedCell, level: number): Judgement {
  const bound = judgeBounds(rule, cell);
  if (bound !== 'kept' || rule.maximumLossRatio === undefined) return bound;
  if (!cell.sufficient) return 'not-compared';
  const lossRatio = lossOf(cell, level);
  if (lossRatio === null) return { kind: 'loss', lossRatio, reason: 'worse, from zero' };
  if (lossRatio !== undefined && lossRatio >= rule.maximumLossRatio)
    return { kind: 'loss', lossRatio, reason: 'worse' };
  return cell.verdict === 'inconclusive' ? undecided(rule, cell.reason ?? 'undecided') : 'kept';
}

/** A bound is broken where the whole interval of head's median is beyond it. */
function judgeBounds({ atMost, atLeast, ...rule }: GateRule, { head, metric }: ComparedCell): Judgement {
  if (atMost === undefined && atLeast === undefined) return 'kept';
  if (head === null) return 'not-compared';
  const format = formatOf(metric);
  const broken = (text: string): Judgement => ({
    kind: 'bound',
    lossRatio: null,
    reason: `${format(head.median)}, ${text}`,
  });
  if (atMost !== undefined) {
    if (head.low > atMost) return broken(`above ${format(atMost)}`);
    if (head.high > atMost) return undecided(rule, `${format(head.median)}, near the bound of ${format(atMost)}`);
  }
  if (atLeast !== undefined) {
    if (head.high < atLeast) return broken(`below ${format(atLeast)}`);
    if (head.low < atLeast) return undecided(rule, `${format(head.median)}, near the bound of ${format(atLeast)}`);
  }
  return 'kept';
}

function formatOf(name: string): Metric['format'] {
  const [metric] = selectMetrics([name]);
  return (value) => metric?.format(value) ?? String(value);
}

function undecided({ inconclusive }: Pick<GateRule, 'inconclusive'>, reason: string): Judgement {
  return inconclusive === 'fail' ? { kind: 'inconclusive', lossRatio: null, reason } : 'kept';
}

/** How much worse head certainly is; null where there is no ratio; undefined where it is not certainly worse. */
function lossOf(cell: ComparedCell, level: number): number | null | undefined {
  const { verdict, ratio, low, high, better, adjustedProbability } = cell;
  if (ratio === null || low === null || high === null) return verdict === 'worse' ? null : undefined;
  if (adjustedProbability !== null && adjustedProbability > level) return undefined;
  if (better === 'higher') return high < 1 ? 1 - ratio : undefined;
  return low > 1 ? ratio - 1 : undefined;
}
