import { Random } from '../../workload/random.ts';
import { binCount, binOf } from './magnitude-bins.ts';
import { setBack } from './moments.ts';

/** Lookups at the start that are all timed, so that short recordings lose nothing. */
const allTimedCount = 2 ** 16;

/** Behind these one lookup in so many is timed, at random distances so that no pattern of requests is in step with them. */
const timedEvery = 32;

/** Times from a lookup to the next one of the same slice, for the lookups that are chosen to be timed. */
export class ReuseTimes {
  readonly #random = new Random(1);
  /** When the timed lookup of each slice was, from 1; 0 where none is being timed. */
  readonly #startedAt: Int32Array;
  /** By bin of the time: those that a read ended, then those that a write ended; of the lookups that are all timed, then of the others. */
  readonly #counts = new Float64Array(4 * binCount);
  /** Lookups that were chosen of those not all timed. */
  #chosenCount = 0;

  constructor(sliceCount: number) {
    this.#startedAt = new Int32Array(sliceCount);
  }

  isTimed(slice: number): boolean {
    return this.#startedAt[slice] !== 0;
  }

  /** Starts to time a lookup. @returns how many lookups on the next one is to be timed */
  start(slice: number, clock: number): number {
    this.#startedAt[slice] = clock;
    if (clock <= allTimedCount) return 1;
    this.#chosenCount += 1;
    return 1 + (this.#random.uint31() % (2 * timedEvery - 1));
  }

  /** Ends the timing of a slice, if there is one. @param kind of the lookup that ends it: read or write */
  finish(slice: number, clock: number, kind: number): void {
    const startedAt = this.#startedAt[slice] as number;
    if (startedAt === 0) return;
    this.#startedAt[slice] = 0;
    const at = (kind + (startedAt <= allTimedCount ? 0 : 2)) * binCount + binOf(clock - startedAt);
    this.#counts[at] = (this.#counts[at] as number) + 1;
  }

  /**
   * Times of all lookups, as far as the chosen ones tell, by bin.
   * @param kind of the lookup that ended them @param lookupCount all lookups that could have been chosen
   */
  estimate(kind: number, lookupCount: number): Float64Array {
    const weight = this.#weight(lookupCount);
    const column = (index: number) => this.#counts.subarray(index * binCount, (index + 1) * binCount);
    const chosen = column(kind + 2);
    return Float64Array.from(column(kind), (count, bin) => count + weight * (chosen[bin] as number));
  }

  /** Standard deviation of a number of lookups with some property, of which this is the estimate. */
  standardError(estimate: number, lookupCount: number): number {
    if (lookupCount === 0) return 0;
    const ratio = Math.min(1, estimate / lookupCount);
    const estimatedCount = Math.max(0, lookupCount - allTimedCount);
    return Math.sqrt(ratio * (1 - ratio) * estimatedCount * (this.#weight(lookupCount) - 1));
  }

  setBack(by: number): void {
    setBack(this.#startedAt, by);
  }

  #weight(lookupCount: number): number {
    return this.#chosenCount === 0 ? 1 : Math.max(1, (lookupCount - allTimedCount) / this.#chosenCount);
  }
}
