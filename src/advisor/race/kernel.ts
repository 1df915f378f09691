import type { RaceCandidate, RaceFeatures } from './types.ts';

/** How far the model may be off, as standard deviations of log rates, and how noisy a lane is. */
export interface Spread {
  /** Error that configurations share the more, the more alike they are. */
  readonly shared: number;
  /** Error of each configuration by itself. */
  readonly own: number;
  /** Error of the model's differences, as a share of them: it may make all of them too large or too small. */
  readonly slope: number;
  /** What new images, new processes and the moment do to a lane. */
  readonly noise: number;
}

/** Distances at which the shared error is still alike by exp(−1/2); chosen, in doublings where not said otherwise. */
const lengths = { cluster: 2, coverage: 1.5, entry: 4 } as const;
/** What a difference in a yes or no is worth, in lengths. */
const switchDistance = 1;

/** How alike two configurations are, 0…1. */
export function likeness(a: RaceFeatures, b: RaceFeatures): number {
  const squared =
    ((a.clusterLog2 - b.clusterLog2) / lengths.cluster) ** 2 +
    ((a.coverageLog2 - b.coverageLog2) / lengths.coverage) ** 2 +
    ((a.entryLog2 - b.entryLog2) / lengths.entry) ** 2 +
    (a.subclusters === b.subclusters ? 0 : switchDistance ** 2) +
    (a.preallocated === b.preallocated ? 0 : switchDistance ** 2) +
    (a.lazyRefcounts === b.lazyRefcounts ? 0 : switchDistance ** 2);
  return Math.exp(-squared / 2);
}

/** The likeness of each two candidates, row by row. */
export function likenessMatrix(candidates: readonly RaceCandidate[]): Float64Array {
  const count = candidates.length;
  const matrix = new Float64Array(count * count);
  for (const [row, { features }] of candidates.entries()) {
    for (let column = 0; column <= row; column++) {
      const value = likeness(features, (candidates[column] as RaceCandidate).features);
      matrix[row * count + column] = value;
      matrix[column * count + row] = value;
    }
  }
  return matrix;
}
