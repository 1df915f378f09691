import type { EngineName } from '../engine/engine.ts';
import type { Configuration } from '../settings/configuration.ts';
import type { TrialRecord, TrialSlices } from '../trial/record.ts';
import type { HostIoFigures } from '../trial/scan/trial-figures.ts';
import type { Metric } from './metric.ts';

type IncompleteState = Exclude<TrialRecord['state'], 'completed'>;

/**
 * All repetitions of one configuration under one workload and one engine, as columns: entry i of each is one completed
 * trial, in the order of block and repetition. What comparisons need, in 50 to 100 bytes a trial.
 */
export interface MeasuredCell {
  readonly workload: string;
  readonly configuration: Configuration;
  readonly engine: EngineName;
  readonly completedCount: number;
  readonly blocks: Float64Array;
  readonly repetitions: Float64Array;
  /** NaN where a trial does not have it. @throws RangeError for a metric that the journal was not read for */
  values(metric: Metric): Float64Array;
  /** How the index-th trial's requests alternated with others; undefined where it ran by itself. */
  slices(index: number): TrialSlices | undefined;
  /** States of the trials that have no result. */
  readonly incompleteStates: readonly IncompleteState[];
  /** Of the first completed trial that has them; they are exact. */
  readonly hostIo: HostIoFigures | undefined;
  /** Completed trials that were disturbed from outside at least once. */
  readonly disturbedCount: number;
  /** When the first and the last trial started; empty where one does not say. */
  readonly span: { readonly first: string; readonly last: string };
}

/** Indices of trials that belong together: of the same block and repetition. */
export function pairIndices(
  base: MeasuredCell,
  head: MeasuredCell,
): readonly (readonly [base: number, head: number])[] {
  const pairs: (readonly [number, number])[] = [];
  let left = 0;
  let right = 0;
  while (left < base.completedCount && right < head.completedCount) {
    const order =
      at(base.blocks, left) - at(head.blocks, right) || at(base.repetitions, left) - at(head.repetitions, right);
    if (order === 0) pairs.push([left, right]);
    if (order <= 0) left += 1;
    if (order >= 0) right += 1;
  }
  return pairs;
}

function at(column: Float64Array, index: number): number {
  return column[index] ?? Number.NaN;
}
