import type { RequestClasses } from './request-classes.ts';

/**
 * A request that waits for no disk and takes more than so many times the median of its class did not have the processor: on a
 * busy machine 0.4 % of cached reads did, and took 57 % of the time.
 */
const stallFactor = 20;
/** Where more of a class than this take so long in a slice it is no accident, and they count. */
const mostStalled = 0.05;

/**
 * Time inside the driver without stalls: of each class the mean of the requests that were not held up, times the number
 * of all. Of requests that may wait for a disk all time counts, as no one can say what held them up.
 *
 * Everything up to {@link stallFactor} medians counts: medians and trimmed means are a little steadier, but they do not see a
 * slow path that few requests take, and were off by several percent between versions of QEMU. What is longer and rare is not
 * seen here, so the plain time has to be looked at too.
 * @source reports/verdicts/estimators.md
 */
export class RobustTime {
  readonly #classOf: Uint8Array;
  readonly #counts: Uint32Array;
  /** The slice's requests that have a class, in order, and room to sort them. */
  #nanoseconds = new Float32Array(4096);
  #classes = new Uint8Array(4096);
  #sorted = new Float32Array(4096);
  #length = 0;
  #othersNs = 0;

  constructor(classes: RequestClasses) {
    this.#classOf = classes.classOf;
    this.#counts = new Uint32Array(classes.count);
  }

  /** @param index the request's place in the workload, from 0 */
  record(index: number, nanoseconds: number): void {
    const number = this.#classOf[index] ?? 0;
    if (number === 0) {
      this.#othersNs += nanoseconds;
      return;
    }
    if (this.#length === this.#nanoseconds.length) this.#grow();
    this.#nanoseconds[this.#length] = nanoseconds;
    this.#classes[this.#length++] = number;
    (this.#counts[number] as number)++;
  }

  /** Milliseconds of the requests since the last call. */
  take(): number {
    let sumNs = this.#othersNs;
    let start = 0;
    for (let number = 1; number < this.#counts.length; number++) {
      const count = this.#counts[number] as number;
      if (count === 0) continue;
      this.#counts[number] = 0;
      for (let index = 0, to = start; index < this.#length; index++) {
        if (this.#classes[index] === number) this.#sorted[to++] = this.#nanoseconds[index] as number;
      }
      sumNs += timeWithoutStalls(this.#sorted.subarray(start, start + count).sort());
      start += count;
    }
    this.#length = 0;
    this.#othersNs = 0;
    return sumNs / 1e6;
  }

  #grow(): void {
    const { length } = this.#nanoseconds;
    const nanoseconds = new Float32Array(2 * length);
    nanoseconds.set(this.#nanoseconds);
    const classes = new Uint8Array(2 * length);
    classes.set(this.#classes);
    this.#nanoseconds = nanoseconds;
    this.#classes = classes;
    this.#sorted = new Float32Array(2 * length);
  }
}

/** @param sorted ascending, at least one */
function timeWithoutStalls(sorted: Float32Array): number {
  const { length } = sorted;
  const limit = stallFactor * (sorted[length >> 1] as number);
  let kept = 0;
  let keptNs = 0;
  while (kept < length && (sorted[kept] as number) <= limit) keptNs += sorted[kept++] as number;
  if (length - kept <= mostStalled * length) return (keptNs / kept) * length;
  for (let index = kept; index < length; index++) keptNs += sorted[index] as number;
  return keptNs;
}
