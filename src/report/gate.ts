import type { ComparedCell, Comparison } from './comparison.ts';

export interface GateFailure {
  readonly cell: string;
  /** Null where head measured nothing at all. */
  readonly metric: string | null;
  /** How much worse, 0.05 for 5 %; null where it has no number: from nothing to something, or not measured. */
  readonly lossRatio: number | null;
  readonly reason: string;
}

/** The answer of `--fail-on`. */
export interface Gate {
  readonly failOnRatio: number;
  readonly passed: boolean;
  readonly failures: readonly GateFailure[];
}

/**
 * A comparison fails the gate where it is worse by at least the given share: its estimate is, and its interval leaves out
 * 1. The noise threshold of verdicts plays no part, since the share takes its place. A cell that base measured and of which
 * head completed no trial fails too: not to finish is worse than any loss.
 */
export function applyGate(comparison: Comparison, failOnRatio: number): Gate {
  const slower = comparison.cells.flatMap((cell) => {
    const lossRatio = lossOf(cell);
    if (lossRatio === undefined || (lossRatio !== null && lossRatio < failOnRatio)) return [];
    const reason = lossRatio === null ? 'worse, from zero' : 'worse';
    return [{ cell: cell.cell, metric: cell.metric, lossRatio, reason }];
  });
  const unfinished = comparison.unmatched
    .filter((entry) => entry.side === 'base' && entry.state === 'not-completed')
    .map(({ cell, reason }) => ({ cell, metric: null, lossRatio: null, reason }));
  const failures = [...slower, ...unfinished];
  return { failOnRatio, passed: failures.length === 0, failures };
}

/** How much worse head certainly is; null where there is no ratio; undefined where it is not certainly worse. */
function lossOf({ sufficient, verdict, ratio, low, high, better }: ComparedCell): number | null | undefined {
  if (!sufficient) return undefined;
  if (ratio === null || low === null || high === null) return verdict === 'worse' ? null : undefined;
  if (better === 'higher') return high < 1 ? 1 - ratio : undefined;
  return low > 1 ? ratio - 1 : undefined;
}
