import type { EngineName } from '../../engine/engine.ts';
import { InputError } from '../../errors.ts';
import { defaultConfidence } from '../../stats/verdict.ts';
import type { Warning } from '../../warnings.ts';
import { cellKey } from '../cell.ts';
import type { CellMatching, CellPair, UnmatchedCell } from '../cell-matching.ts';
import { type ComparedCell, type Comparison, compareMatched, compareSides } from '../comparison.ts';
import type { MeasuredJournal } from '../measured-journal.ts';
import { type Metric, selectMetrics } from '../metric.ts';

/** The metrics that the page has verdicts on. */
export const verdictMetrics: readonly Metric[] = selectMetrics([]);

/** Verdicts of every variant against its baseline. */
export interface VariantComparison {
  /** Label of the configuration that others are compared with; null where journals are compared. */
  readonly baseline: string | null;
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
 * One journal: every configuration against the plan's first one. Several: the first journal against each of the others,
 * cell by cell.
 */
export function compareVariants(journals: readonly MeasuredJournal[]): VariantComparison {
  const [first, ...others] = journals;
  const options = { metrics: verdictMetrics, confidence: defaultConfidence };
  const baseline = first && others.length === 0 ? baselineOf(first) : null;
  const comparisons: (readonly [journal: number, comparison: Comparison])[] = [];
  if (first && baseline !== null) {
    comparisons.push([0, compareMatched(first, first, withBaseline(first, baseline), options)]);
  } else if (first) {
    for (const [index, other] of others.entries()) {
      try {
        comparisons.push([index + 1, compareSides(first, other, options)]);
      } catch (error) {
        // Nothing in common is no reason to refuse a page that shows each by itself.
        if (!(error instanceof InputError)) throw error;
      }
    }
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
    baseline,
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

function baselineOf({ header, cells }: MeasuredJournal): string | null {
  return header.plan.configurations[0]?.label ?? cells[0]?.configuration.label ?? null;
}

/** Each cell with the baseline's of its workload and engine. */
function withBaseline({ cells }: MeasuredJournal, baseline: string): CellMatching {
  const bases = new Map(
    cells
      .filter((cell) => cell.configuration.label === baseline)
      .map((cell) => [cellKey(cell.workload, '', cell.engine), cell]),
  );
  const pairs = cells.flatMap((head): CellPair[] => {
    const base = bases.get(cellKey(head.workload, '', head.engine));
    if (!base || head === base) return [];
    return [{ name: `${head.workload}/${head.configuration.label}`, base, head }];
  });
  return { pairs, unmatched: [], warnings: [] };
}
