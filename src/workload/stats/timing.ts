import { binCount, binOf, binStart } from '../../units/magnitude-bins.ts';
import type { RequestBlock } from '../request.ts';

const usPerSecond = 1e6;

/** When requests came, for a workload that has times. Percentiles are at most 1/32 too small. */
export interface Timing {
  readonly requestsPerSecond: number;
  /** The largest number of requests in one second of the trace's own clock, and which one. */
  readonly busiestSecond: { readonly startMs: number; readonly requestCount: number };
  /** Requests of the busiest second over those of a second on average; 1 for an even load of a second or more. */
  readonly peakRatio: number;
  /** Time from one request to the next. */
  readonly interArrival: {
    readonly meanMs: number;
    readonly p50Ms: number;
    readonly p90Ms: number;
    readonly p99Ms: number;
    readonly maximumMs: number;
    /** Standard deviation over the mean: 0 for a steady beat, 1 for requests that come at random, more for bursts. */
    readonly variationRatio: number;
  };
}

/** Follows the times of requests. */
export class ArrivalTimes {
  readonly #gaps = new Float64Array(binCount);
  #count = 0;
  #lastUs = 0;
  #squares = 0;
  #maximumUs = 0;
  #second = 0;
  #inSecond = 0;
  #busiest = 0;
  #busiestCount = 0;

  add({ count, timeUs }: RequestBlock): void {
    if (timeUs === undefined) return;
    for (let index = 0; index < count; index++) {
      const now = timeUs[index] as number;
      const second = Math.floor(now / usPerSecond);
      if (second !== this.#second) this.#nextSecond(second);
      this.#inSecond += 1;
      if (this.#count++ > 0) {
        const gap = now - this.#lastUs;
        const bin = binOf(Math.min(gap, 2 ** 31 - 1));
        this.#gaps[bin] = (this.#gaps[bin] as number) + 1;
        this.#squares += gap * gap;
        if (gap > this.#maximumUs) this.#maximumUs = gap;
      }
      this.#lastUs = now;
    }
  }

  /** The time of the last request, which is the duration since the first has time 0; milliseconds. */
  get durationMs(): number {
    return this.#lastUs / 1000;
  }

  /** Undefined for fewer than two requests, and where all came at the same moment. */
  timing(): Timing | undefined {
    if (this.#lastUs === 0) return undefined;
    this.#nextSecond(this.#second);
    const gapCount = this.#count - 1;
    const meanUs = this.#lastUs / gapCount;
    const variance = Math.max(0, this.#squares / gapCount - meanUs ** 2);
    const requestsPerSecond = this.#count / (this.#lastUs / usPerSecond);
    // A trace of less than a second has no second to compare.
    const perSecond = this.#count / Math.max(1, this.#lastUs / usPerSecond);
    return {
      requestsPerSecond,
      busiestSecond: { startMs: this.#busiest * 1000, requestCount: this.#busiestCount },
      peakRatio: Math.max(1, this.#busiestCount / perSecond),
      interArrival: {
        meanMs: meanUs / 1000,
        p50Ms: this.#gapQuantile(0.5 * gapCount) / 1000,
        p90Ms: this.#gapQuantile(0.9 * gapCount) / 1000,
        p99Ms: this.#gapQuantile(0.99 * gapCount) / 1000,
        maximumMs: this.#maximumUs / 1000,
        variationRatio: Math.sqrt(variance) / meanUs,
      },
    };
  }

  #nextSecond(second: number): void {
    if (this.#inSecond > this.#busiestCount) {
      this.#busiest = this.#second;
      this.#busiestCount = this.#inSecond;
    }
    this.#second = second;
    this.#inSecond = 0;
  }

  #gapQuantile(wanted: number): number {
    let seen = 0;
    for (let bin = 0; bin < binCount; bin++) {
      seen += this.#gaps[bin] as number;
      if (seen >= wanted) return binStart(bin);
    }
    return this.#maximumUs;
  }
}
