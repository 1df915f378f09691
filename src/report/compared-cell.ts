import type { PairedComparison } from '../stats/paired-comparison.ts';
import type { Better } from '../stats/verdict.ts';
import type { Warning } from '../warnings.ts';

/**
 * How a verdict came about. `interleaved`: slices of both sides took turns, a block is one observation. `paired`: whole
 * trials, paired by block. `exact`: values without noise.
 */
export type ComparisonMethod = 'interleaved' | 'paired' | 'exact';

export interface SideSummary {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** One metric of one cell, head against base. */
export interface ComparedCell extends Omit<PairedComparison, 'warnings' | 'probability'> {
  readonly cell: string;
  readonly metric: string;
  readonly workload: string;
  readonly baseConfiguration: string;
  readonly headConfiguration: string;
  readonly engine: string;
  readonly source: 'measured' | 'predicted';
  readonly better: Better;
  readonly assume: 'noisy' | 'exact';
  readonly method: ComparisonMethod;
  /** Differences below it are noise, in this cell. */
  readonly thresholdRatio: number;
  /** Slices of a side that were compared; null where none were. */
  readonly sliceCount: number | null;
  readonly base: SideSummary | null;
  readonly head: SideSummary | null;
  /** Two-sided, of this cell alone; null where values are exact. */
  readonly probability: number | null;
  /** After Holm's adjustment for all noisy comparisons of the document; null for those that do not count among them. */
  readonly adjustedProbability: number | null;
  /** Whether there are enough comparable values for the interval to mean what it says. */
  readonly sufficient: boolean;
  /** Why the verdict is inconclusive; null where it is not. */
  readonly reason: string | null;
  readonly warnings: readonly Warning[];
}
