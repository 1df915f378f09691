import { binCount, binOf } from '../../units/magnitude-bins.ts';
import { Random } from '../../workload/random.ts';
import { setBack } from './moments.ts';

/**
 * How densely lookups are timed, by how many there were before: all at the start, so that short recordings lose nothing, then one in
 * so many, at random distances so that no pattern of requests is in step with them.
 */
const stages = [
  { upTo: 2 ** 14, every: 1 },
  { upTo: 2 ** 18, every: 8 },
  { upTo: Number.POSITIVE_INFINITY, every: 64 },
] as const;

/** Times from a lookup to the next one of the same slice, for the lookups that are chosen to be timed. */
export class ReuseTimes {
  readonly #random = new Random(1);
  /** When the timed lookup of each slice was, from 1; 0 where none is being timed. */
  readonly #startedAt: Int32Array;
  /** By bin of the time: those that a read ended, then those that a write ended, of each stage. */
  readonly #counts = new Float64Array(stages.length * 2 * binCount);
  /** Lookups that were chosen in each stage. */
  readonly #chosenCounts = new Float64Array(stages.length);

  constructor(sliceCount: number) {
    this.#startedAt = new Int32Array(sliceCount);
  }

  isTimed(slice: number): boolean {
    return this.#startedAt[slice] !== 0;
  }

  /** Starts to time a lookup. @returns how many lookups on the next one is to be timed */
  start(slice: number, clock: number): number {
    this.#startedAt[slice] = clock;
    const stage = stageAt(clock);
    this.#chosenCounts[stage] = (this.#chosenCounts[stage] as number) + 1;
    return stage === 0 ? 1 : 1 + (this.#random.uint31() % (2 * (stages[stage]?.every ?? 1) - 1));
  }

  /** Ends the timing of a slice, if there is one. @param kind of the lookup that ends it: read or write */
  finish(slice: number, clock: number, kind: number): void {
    const startedAt = this.#startedAt[slice] as number;
    if (startedAt === 0) return;
    this.#startedAt[slice] = 0;
    const at = (2 * stageAt(startedAt) + kind) * binCount + binOf(clock - startedAt);
    this.#counts[at] = (this.#counts[at] as number) + 1;
  }

  /**
   * Times of all lookups, as far as the chosen ones tell, by bin.
   * @param kind of the lookup that ended them @param lookupCount all lookups that could have been chosen
   */
  estimate(kind: number, lookupCount: number): Float64Array {
    const times = new Float64Array(binCount);
    for (let stage = 0; stage < stages.length; stage++) {
      const weight = this.#weight(stage, lookupCount);
      const column = (2 * stage + kind) * binCount;
      for (let bin = 0; bin < binCount; bin++)
        times[bin] = (times[bin] as number) + weight * (this.#counts[column + bin] as number);
    }
    return times;
  }

  /** Standard deviation of a number of lookups with some property, of which this is the estimate. */
  standardError(estimate: number, lookupCount: number): number {
    if (lookupCount === 0) return 0;
    const ratio = Math.min(1, estimate / lookupCount);
    const inflated = stages.reduce(
      (sum, _, stage) => sum + lengthOf(stage, lookupCount) * (this.#weight(stage, lookupCount) - 1),
      0,
    );
    return Math.sqrt(ratio * (1 - ratio) * inflated);
  }

  setBack(by: number): void {
    setBack(this.#startedAt, by);
  }

  /** Lookups that one chosen in this stage stands for. */
  #weight(stage: number, lookupCount: number): number {
    const chosen = this.#chosenCounts[stage] as number;
    return chosen === 0 ? 1 : Math.max(1, lengthOf(stage, lookupCount) / chosen);
  }
}

function stageAt(clock: number): number {
  return clock <= stages[0].upTo ? 0 : clock <= stages[1].upTo ? 1 : 2;
}

/** Lookups of a stage. */
function lengthOf(stage: number, lookupCount: number): number {
  const start = stages[stage - 1]?.upTo ?? 0;
  return Math.max(0, Math.min(lookupCount, stages[stage]?.upTo ?? 0) - start);
}
