import type { Random } from '../random.ts';

/**
 * An endless order of record numbers, 0 … recordCount − 1. It fills a whole array at a time, so that a draw costs no
 * call and no allocation. A finite order (each record once) starts over when it is through.
 */
export interface RecordOrder {
  fill(records: Float64Array): void;
}

/** What every pattern gets. */
export interface PatternOptions {
  /** At least 1. */
  readonly recordCount: number;
  /** This stream's own generator, used for positions only. */
  readonly random: Random;
  /** Distance between two requests of `strided`, in records. */
  readonly strideRecordCount: number;
  /** Exponent of `zipf`, 0.01 to 5: the k-th most popular record is drawn in proportion to 1 / k^theta. */
  readonly theta: number;
  /** Records of neighbouring rank that `zipf` keeps side by side; 1 scatters every record. */
  readonly hotRunRecordCount: number;
}
