import { correctForFamily, defaultErrorRate } from '../stats/family.ts';
import { geometricMean } from '../stats/geometric-mean.ts';
import { nominalLevel } from '../stats/group-sequential.ts';
import { overallVerdict, type Verdict } from '../stats/verdict.ts';
import type { Journal } from '../trial/journal-reader.ts';
import type { Warning } from '../warnings.ts';
import { type CellMatching, type CellPair, matchCells, type UnmatchedCell } from './cell-matching.ts';
import { checkComparability } from './comparability.ts';
import { type CellOptions, compareCell } from './compare-cell.ts';
import type { ComparedCell } from './compared-cell.ts';
import { identify, type JournalIdentity } from './journal-identity.ts';
import { type MeasuredJournal, measureJournal } from './measured-journal.ts';
import type { Metric } from './metric.ts';

export type { ComparedCell, ComparisonMethod, SideSummary } from './compared-cell.ts';

/** Geometric mean of a metric's ratios over the cells that have one. */
export interface MetricSummary {
  readonly metric: string;
  readonly ratio: number;
  readonly cellCount: number;
}

/** The document of `compare --json`. */
export interface Comparison {
  readonly schema: 'qtune.compare/1';
  readonly verdict: Verdict;
  readonly confidence: number;
  /** The largest of the cells' thresholds. */
  readonly thresholdRatio: number;
  /** Chance of any false better or worse in a metric, over all its cells. */
  readonly errorRate: number;
  /** What an adjusted probability must not exceed for a verdict: the error rate, less where the data were looked at repeatedly. */
  readonly significanceLevel: number;
  readonly base: JournalIdentity;
  readonly head: JournalIdentity;
  readonly cells: readonly ComparedCell[];
  readonly unmatched: readonly UnmatchedCell[];
  readonly summary: readonly MetricSummary[];
  /** Noisy comparisons with enough pairs, and how many of their intervals would leave out 1 by chance if nothing had changed. */
  readonly multiplicity: { readonly comparisonCount: number; readonly expectedFalseAlarmCount: number };
  /** Trials that something outside disturbed at least once; each was run again. */
  readonly disturbedTrialCount: { readonly base: number; readonly head: number };
  readonly warnings: readonly Warning[];
}

export interface ComparisonOptions extends CellOptions {
  readonly metrics: readonly Metric[];
  /** See {@link Comparison.errorRate}; absent: 1 %. */
  readonly errorRate?: number;
}

/**
 * Compares two journals in memory cell by cell and metric by metric.
 * @throws InputError where no cell of one side is on the other
 */
export function buildComparison(base: Journal, head: Journal, options: ComparisonOptions): Comparison {
  return compareSides(measureJournal(base, options.metrics), measureJournal(head, options.metrics), options);
}

/**
 * Compares two sides cell by cell and metric by metric. `better` and `worse` are corrected for the number of noisy
 * comparisons, and for how often a run that stopped by itself looked at its data; intervals are not.
 *
 * @throws InputError where no cell of one side is on the other
 */
export function compareSides(base: MeasuredJournal, head: MeasuredJournal, options: ComparisonOptions): Comparison {
  return compareMatched(base, head, matchCells(base.cells, head.cells, head.path), options);
}

/** The same for cells that were paired already. */
export function compareMatched(
  base: MeasuredJournal,
  head: MeasuredJournal,
  matching: CellMatching,
  options: ComparisonOptions,
): Comparison {
  const { confidence, errorRate = defaultErrorRate } = options;
  const comparability = checkComparability(base, head);
  const compared = matching.pairs
    .filter((pair) => pair.base.completedCount > 0 && pair.head.completedCount > 0)
    .flatMap((pair) => options.metrics.flatMap((metric) => compareCell(pair, metric, comparability, options) ?? []));
  const looks = looksOf(base, head);
  const cells = correctedByMetric(compared, errorRate, looks);
  const unmatched = [...matching.unmatched, ...matching.pairs.flatMap(unmeasured)];
  const noisyCount = cells.filter((cell) => cell.sufficient && cell.assume === 'noisy').length;
  const doubts: Verdict[] = unmatched.some((entry) => entry.side === 'base') ? ['inconclusive'] : [];
  const disturbedCount = (side: MeasuredJournal): number =>
    side.cells.reduce((sum, cell) => sum + cell.disturbedCount, 0);
  return {
    schema: 'qtune.compare/1',
    verdict: overallVerdict([...cells.map((cell) => cell.verdict), ...doubts]),
    confidence,
    thresholdRatio: cells.reduce(
      (largest, cell) => Math.max(largest, cell.thresholdRatio),
      options.thresholdRatio ?? 0,
    ),
    errorRate,
    significanceLevel: nominalLevel(looks, errorRate),
    base: identify(base, base),
    head: identify(head, head),
    cells,
    unmatched,
    summary: options.metrics.flatMap((metric) => summarizeMetric(metric, cells) ?? []),
    multiplicity: { comparisonCount: noisyCount, expectedFalseAlarmCount: noisyCount * (1 - confidence) },
    disturbedTrialCount: { base: disturbedCount(base), head: disturbedCount(head) },
    warnings: [
      ...matching.warnings,
      ...comparability.warnings,
      ...base.warnings,
      ...(head.path === base.path ? [] : head.warnings),
    ],
  };
}

/** The looks of the side that looked more often; a run that did not stop by itself looked once. */
function looksOf(base: MeasuredJournal, head: MeasuredJournal): readonly number[] {
  const [left, right] = [base, head].map(({ header }) => header.plan.stopping?.looks ?? []);
  return (left?.length ?? 0) > (right?.length ?? 0) ? (left ?? []) : (right ?? []);
}

/**
 * Corrects the cells of each metric for their number. Metrics are not counted together: the rates and latencies of a cell
 * come from the same requests, and a run that was stopped when its rates were decided should find them decided here.
 */
function correctedByMetric(
  cells: readonly ComparedCell[],
  errorRate: number,
  looks: readonly number[],
): readonly ComparedCell[] {
  const results = new Map<ComparedCell, ComparedCell>();
  for (const metric of new Set(cells.map((cell) => cell.metric))) {
    const family = cells.filter((cell) => cell.metric === metric);
    corrected(family, errorRate, looks).forEach((result, index) => {
      const cell = family[index];
      if (cell !== undefined) results.set(cell, result);
    });
  }
  return cells.map((cell) => results.get(cell) ?? cell);
}

/** Only comparisons that could give a verdict count among the many. */
function corrected(
  cells: readonly ComparedCell[],
  errorRate: number,
  looks: readonly number[],
): readonly ComparedCell[] {
  const members = cells.filter((cell) => cell.sufficient && cell.probability !== null);
  const results = correctForFamily(members, { errorRate, looks });
  let next = 0;
  return cells.map((cell) => {
    if (!cell.sufficient || cell.probability === null) return cell;
    const result = results[next++] ?? cell;
    if (result.verdict === cell.verdict) return result;
    const count = members.length === 1 ? '' : ` of ${members.length} comparisons`;
    const needed = result.neededPairCount;
    const noun = cell.method === 'interleaved' ? 'blocks' : 'pairs';
    const enough = needed === null ? '' : `; about ${needed.toLocaleString('en')} ${noun} would show such a one`;
    const percent = Number((errorRate * 100).toPrecision(3));
    return {
      ...result,
      reason: `a difference that chance alone gives in one${count} too often for ${percent} %${enough}`,
    };
  });
}

/** Cells that both plans have, but that one side could not measure; nobody's where neither could. */
function unmeasured({ name, base, head }: CellPair): readonly UnmatchedCell[] {
  if (base.completedCount > 0 === head.completedCount > 0) return [];
  const [side, failed] = base.completedCount > 0 ? (['base', head] as const) : (['head', base] as const);
  const states = failed.incompleteStates;
  const counts = [...new Set(states)].map((state) => `${states.filter((other) => other === state).length} ${state}`);
  const reason = `${side === 'base' ? 'head' : 'base'} completed no trial of it: ${counts.join(', ')}`;
  const { workload, configuration } = head;
  return [{ cell: name, workload, configuration: configuration.label, side, state: 'not-completed', reason }];
}

function summarizeMetric(metric: Metric, cells: readonly ComparedCell[]): MetricSummary | undefined {
  const ratios = cells.flatMap((cell) => (cell.metric === metric.name ? (cell.ratio ?? []) : []));
  const ratio = geometricMean(ratios);
  return ratio === undefined ? undefined : { metric: metric.name, ratio, cellCount: ratios.length };
}
