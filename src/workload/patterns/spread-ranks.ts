import type { Random } from '../random.ts';
import { ShuffledRange } from '../shuffled-range.ts';

/**
 * Where the records of each rank lie: in runs of neighbouring rank, which are spread over the area at random. With runs of
 * one record every hot one is alone in its cluster; with longer runs hot spots fill clusters and L2 slices, as files and
 * tables of a real guest do. The records behind the last whole run stay where they are; they are the least popular.
 */
export class SpreadRanks {
  readonly #runs: ShuffledRange;
  readonly #runRecordCount: number;

  /** @param runRecordCount at least 1 */
  constructor(recordCount: number, runRecordCount: number, random: Random) {
    this.#runRecordCount = Math.min(runRecordCount, recordCount);
    this.#runs = new ShuffledRange(Math.floor(recordCount / this.#runRecordCount), random);
  }

  /** The record of a rank; both 0 … recordCount − 1. */
  at(rank: number): number {
    const run = Math.floor(rank / this.#runRecordCount);
    if (run >= this.#runs.count) return rank;
    return this.#runs.at(run) * this.#runRecordCount + (rank - run * this.#runRecordCount);
  }
}
