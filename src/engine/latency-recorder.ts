import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import type { LatencySummary } from './engine.ts';

/**
 * Latencies of one kind of request: a histogram of three significant digits in nanoseconds, and the exact mean and
 * maximum beside it. Memory depends on the largest latency, not on how many were recorded.
 */
export class LatencyRecorder {
  readonly #histogram: Histogram = build({
    bitBucketSize: 64,
    autoResize: true,
    lowestDiscernibleValue: 1,
    highestTrackableValue: 1_000_000_000,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });
  #count = 0;
  #sumNs = 0;
  #maxNs = 0;

  record(nanoseconds: number): void {
    this.#count++;
    this.#sumNs += nanoseconds;
    if (nanoseconds > this.#maxNs) this.#maxNs = nanoseconds;
    this.#histogram.recordValue(Math.max(1, Math.round(nanoseconds)));
  }

  /**
   * Takes over the bins of a histogram that another program kept, with what it knows exactly of all of them together.
   * @param bins nanoseconds, and how many requests took about that long
   * @param exact count, mean and longest, nanoseconds
   */
  addBins(
    bins: Iterable<readonly [nanoseconds: number, count: number]>,
    exact: { readonly count: number; readonly mean: number; readonly max: number },
  ): void {
    for (const [nanoseconds, count] of bins) {
      this.#histogram.recordValueWithCount(Math.max(1, Math.round(nanoseconds)), count);
    }
    this.#count += exact.count;
    this.#sumNs += exact.mean * exact.count;
    this.#maxNs = Math.max(this.#maxNs, exact.max);
  }

  /** Takes over everything that another recorder holds. */
  add(other: LatencyRecorder): void {
    this.#count += other.#count;
    this.#sumNs += other.#sumNs;
    this.#maxNs = Math.max(this.#maxNs, other.#maxNs);
    this.#histogram.add(other.#histogram);
  }

  get count(): number {
    return this.#count;
  }

  get sumMs(): number {
    return this.#sumNs / 1e6;
  }

  /** Milliseconds; zeros where nothing was recorded. Quantiles never exceed the exact maximum. */
  summary(): LatencySummary {
    if (this.#count === 0) return { count: 0, mean: 0, p50: 0, p99: 0, p999: 0, max: 0 };
    const quantile = (percent: number): number =>
      Math.min(this.#histogram.getValueAtPercentile(percent), this.#maxNs) / 1e6;
    return {
      count: this.#count,
      mean: this.sumMs / this.#count,
      p50: quantile(50),
      p99: quantile(99),
      p999: quantile(99.9),
      max: this.#maxNs / 1e6,
    };
  }

  /** HdrHistogram's compressed V2 encoding in base64. */
  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram, 9);
  }
}
