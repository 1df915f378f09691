import type { Random } from '../random.ts';

/**
 * An endless order of record numbers, 0 … recordCount − 1. It fills a whole array at a time, so that a draw costs no
 * call and no allocation. A finite order (each record once) starts over when it is through.
 */
export interface RecordOrder {
  fill(records: Float64Array): void;
}

/** What every pattern gets. */
export interface PatternOptions extends PatternShape {
  /** At least 1. */
  readonly recordCount: number;
  /** This stream's own generator, used for positions only. */
  readonly random: Random;
  /** Distance between two requests of `strided`, in records. */
  readonly strideRecordCount: number;
  /** Exponent of `zipf`, 0.01 to 5: the k-th most popular record is drawn in proportion to 1 / k^theta. */
  readonly theta: number;
  /** Records of neighbouring rank that `zipf`, `pareto` and `hotspot` keep side by side; 1 scatters every record. */
  readonly hotRunRecordCount: number;
}

/** What only some patterns take; each has a default. */
export interface PatternShape {
  /** `pareto`: this share of the records gets all requests but this share, 0.01 to 0.5. */
  readonly hotShare?: number;
  /** `hotspot`: share of the requests that go to hot records, and share of the records that are hot; 0 to 1. */
  readonly hotRequestRatio?: number;
  readonly hotAreaRatio?: number;
  /** `normal`: where the most popular record lies and the standard deviation, shares of the area. */
  readonly center?: number;
  readonly deviation?: number;
  /** `zoned`: ranges of records, the end excluded and none of them empty, and their shares of the requests. */
  readonly zones?: readonly PatternZone[];
}

export interface PatternZone {
  readonly fromRecord: number;
  readonly toRecord: number;
  readonly weight: number;
}
