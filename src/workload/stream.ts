import { CumulativeChoice, type Weighted } from './cumulative-choice.ts';
import { type PatternName, recordOrders } from './patterns/index.ts';
import type { PatternShape, RecordOrder } from './patterns/pattern.ts';
import { Random } from './random.ts';
import { Operation, pushRequest, type RequestBlock } from './request.ts';

/** One source of requests, with every size in bytes and nothing left to default. */
export interface StreamSpec {
  readonly pattern: PatternName;
  /** The area: requests lie inside [startBytes, startBytes + spanBytes). */
  readonly startBytes: number;
  readonly spanBytes: number;
  /** Requests start at startBytes plus a multiple of this, except where they continue the one before. */
  readonly alignBytes: number;
  readonly sizes: readonly Weighted<number>[];
  readonly operations: readonly Weighted<Operation>[];
  /** Chance that a request starts where the last one of this stream ended. */
  readonly sequentialRatio: number;
  /** A sync follows every n-th write of this stream; 0 for none. */
  readonly syncEveryWriteCount: number;
  readonly strideRecordCount: number;
  readonly theta: number;
  readonly hotRunBytes: number;
  /** Only of patterns that take it. */
  readonly shape?: PatternShape;
  /** Streams of one number visit the same places in the same order; absent: each its own. */
  readonly order?: number;
}

/** How many values `uint31` has; the chance of a request in sequence is resolved to this. */
const drawCount = 2 ** 31;

/** Records looked up in one call of a pattern. */
const batchLength = 512;

/** How many places a request of the stream can start at. At least 1 for a stream that fits its area. */
export function recordCount(spec: StreamSpec): number {
  const largestBytes = Math.max(...spec.sizes.map((size) => size.value));
  return Math.floor((spec.spanBytes - largestBytes) / spec.alignBytes) + 1;
}

/** A stream in progress: appends one data request at a time, and the sync that belongs behind it. */
export class RequestStream {
  readonly #order: RecordOrder;
  readonly #random: Random;
  readonly #records = new Float64Array(batchLength);
  readonly #sizes: CumulativeChoice<number>;
  readonly #operations: CumulativeChoice<Operation>;
  readonly #spec: StreamSpec;
  readonly #endBytes: number;
  /** Sizes differ and the pattern is sequential: follow the bytes instead of the records. */
  readonly #continuing: boolean;
  #recordIndex = batchLength;
  /** One number, where the last request ended; an array, since a field of doubles is boxed anew on every store. */
  readonly #cursorBytes: Float64Array;
  readonly #sequentialBelow: number;
  #writeCount = 0;

  /** @param stream numbers that tell this stream's random draws from those of every other, e.g. phase and place */
  constructor(spec: StreamSpec, seed: number, ...stream: readonly number[]) {
    this.#spec = spec;
    this.#random = new Random(seed, ...stream, 0);
    this.#sizes = new CumulativeChoice(spec.sizes);
    this.#operations = new CumulativeChoice(spec.operations);
    this.#order = recordOrders[spec.pattern]({
      recordCount: recordCount(spec),
      random: spec.order === undefined ? new Random(seed, ...stream, 1) : new Random(seed, spec.order),
      strideRecordCount: spec.strideRecordCount,
      theta: spec.theta,
      hotRunRecordCount: Math.max(1, Math.floor(spec.hotRunBytes / spec.alignBytes)),
      ...spec.shape,
    });
    this.#endBytes = spec.startBytes + spec.spanBytes;
    this.#continuing = spec.pattern === 'sequential' && spec.sizes.length > 1;
    this.#cursorBytes = Float64Array.of(spec.startBytes);
    this.#sequentialBelow = Math.round(spec.sequentialRatio * drawCount);
  }

  /** Needs room for two entries. */
  append(block: RequestBlock): void {
    const spec = this.#spec;
    const operation = this.#operations.draw(this.#random);
    const lengthBytes = this.#sizes.draw(this.#random);
    const offsetBytes = this.#place(lengthBytes);
    this.#cursorBytes[0] = offsetBytes + lengthBytes;
    pushRequest(block, operation, offsetBytes, lengthBytes);
    if (spec.syncEveryWriteCount === 0 || operation !== Operation.write) return;
    this.#writeCount += 1;
    if (this.#writeCount === spec.syncEveryWriteCount) {
      this.#writeCount = 0;
      pushRequest(block, Operation.sync, 0, 0);
    }
  }

  #place(lengthBytes: number): number {
    const spec = this.#spec;
    const cursorBytes = this.#cursorBytes[0] ?? 0;
    const fits = cursorBytes + lengthBytes <= this.#endBytes;
    if (this.#continuing) return fits ? cursorBytes : spec.startBytes;
    if (this.#sequentialBelow > 0 && this.#random.uint31() < this.#sequentialBelow && fits) return cursorBytes;
    if (this.#recordIndex === batchLength) {
      this.#order.fill(this.#records);
      this.#recordIndex = 0;
    }
    return spec.startBytes + (this.#records[this.#recordIndex++] ?? 0) * spec.alignBytes;
  }
}
