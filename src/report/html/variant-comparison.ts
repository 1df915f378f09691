import type { EngineName } from '../../engine/engine.ts';
import { InputError } from '../../errors.ts';
import { defaultConfidence } from '../../stats/verdict.ts';
import type { Warning } from '../../warnings.ts';
import { cellKey } from '../cell.ts';
import type { UnmatchedCell } from '../cell-matching.ts';
import { type ComparedCell, type Comparison, compareMatched, compareSides } from '../comparison.ts';
import type { MeasuredJournal } from '../measured-journal.ts';
import { type Metric, selectMetrics } from '../metric.ts';
import { matchWithin } from '../side-selection.ts';

/** The metrics that the page has verdicts on. */
export const verdictMetrics: readonly Metric[] = selectMetrics([]);

/** Verdicts of every variant against its baseline. */
export interface VariantComparison {
  /** Labels of the configurations that others are compared with, one a workload; none where journals are compared. */
  readonly baselines: ReadonlyMap<string, string>;
  readonly cells: readonly ComparedCell[];
  /** Cells that only one side has. */
  readonly unmatched: readonly UnmatchedCell[];
  readonly warnings: readonly Warning[];
  /** Chance of any false better or worse on the page; the largest where several journals are compared. */
  readonly errorRate: number;
  /** Verdicts of a cell of a journal, see `cellKey`, by metric; empty where it has none. */
  of(journal: number, key: string): ReadonlyMap<string, ComparedCell>;
}

/**
 * One journal: every configuration against the first of the plan that its workload ran with. Several: the first journal against each of the others,
 * cell by cell.
 */
export function compareVariants(journals: readonly MeasuredJournal[]): VariantComparison {
  const [first, ...others] = journals;
  const options = { metrics: verdictMetrics, confidence: defaultConfidence };
  const comparisons: (readonly [journal: number, comparison: Comparison])[] = [];
  const add = (journal: number, compare: () => Comparison): void => {
    try {
      comparisons.push([journal, compare()]);
    } catch (error) {
      // Nothing to compare is no reason to refuse a page that shows each by itself.
      if (!(error instanceof InputError)) throw error;
    }
  };
  if (first && others.length === 0) {
    add(0, () => compareMatched(first, first, matchWithin(first, undefined), options));
  } else if (first) {
    for (const [index, other] of others.entries()) add(index + 1, () => compareSides(first, other, options));
  }
  const found = new Map<string, Map<string, ComparedCell>>();
  for (const [journal, { cells }] of comparisons) {
    for (const cell of cells) {
      const engine = cell.engine as EngineName; // taken from a cell's; the document calls it text
      const key = keyOf(journal, cellKey(cell.workload, cell.headConfiguration, engine));
      const known = found.get(key) ?? new Map<string, ComparedCell>();
      found.set(key, known.set(cell.metric, cell));
    }
  }
  const none: ReadonlyMap<string, ComparedCell> = new Map();
  const all = comparisons.map(([, comparison]) => comparison);
  return {
    baselines: new Map(
      others.length > 0 ? [] : all.flatMap(({ cells }) => cells.map((cell) => [cell.workload, cell.baseConfiguration])),
    ),
    cells: all.flatMap((comparison) => comparison.cells),
    unmatched: all.flatMap((comparison) => comparison.unmatched),
    // The two sides of one journal are one run, which goes without saying.
    warnings: all.flatMap((comparison) => comparison.warnings).filter((warning) => warning.code !== 'same-run'),
    errorRate: Math.max(0, ...all.map((comparison) => comparison.errorRate)),
    of: (journal, key) => found.get(keyOf(journal, key)) ?? none,
  };
}

function keyOf(journal: number, cell: string): string {
  return `${journal} ${cell}`;
}
