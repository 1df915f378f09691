import { Operation, operationNames, type RequestBlock } from '../../workload/request.ts';
import type { Workload } from '../../workload/workload.ts';
import { type RequestMetrics, RequestTimes } from '../request-times.ts';
import type { RobustTime } from '../robust-time.ts';
import { visibleText } from '../visible-text.ts';
import type { ResultSink } from './result-parser.ts';

/**
 * Lays the results of a run beside the requests of its workload, in order. Every request must have its result, of its
 * very length, and nothing else may be printed: qemu-io's exit code says nothing about requests that failed. The first
 * thing that is not as it should be is kept in {@link failure} and ends the matching.
 */
export class ResultMatcher implements ResultSink {
  readonly #blocks: Iterator<RequestBlock>;
  readonly #warmUpCount: number;
  readonly #silentSyncs: boolean;
  readonly #onMeasuredStart: () => void;
  readonly #robustTime: RobustTime | undefined;
  readonly #times = new RequestTimes();
  #block: RequestBlock | undefined;
  #index = -1;
  /** Requests matched so far, silent ones included. */
  #matched = 0;
  #failure: string | undefined;

  /**
   * @param options.silentSyncs the image is read-only, so that syncs print nothing
   * @param options.onMeasuredStart called once, when the last warm-up result is there; never without a warm-up
   * @param options.robustTime takes the time of each measured request too
   */
  constructor(
    workload: Workload,
    options: {
      readonly silentSyncs: boolean;
      readonly onMeasuredStart?: () => void;
      readonly robustTime?: RobustTime | undefined;
    },
  ) {
    this.#blocks = workload.requests()[Symbol.iterator]();
    this.#warmUpCount = workload.warmUpCount;
    this.#silentSyncs = options.silentSyncs;
    this.#onMeasuredStart = options.onMeasuredStart ?? (() => undefined);
    this.#robustTime = options.robustTime;
    this.#advance();
  }

  /** What went wrong first, naming the request. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Requests that have their result. */
  get matchedCount(): number {
    return this.#matched;
  }

  /** Time inside the driver of the measured requests so far. */
  get driverMs(): number {
    return this.#times.driverMs;
  }

  result(bytes: number, nanoseconds: number): void {
    if (this.#failure !== undefined) return;
    const block = this.#block;
    if (block === undefined) {
      this.#failure = `qemu-io printed more results than the ${this.#matched} requests`;
      return;
    }
    const operation = block.operation[this.#index] ?? 0;
    if (bytes !== (block.lengthBytes[this.#index] ?? 0)) {
      this.#failure = `${this.#describeRequest()}: ${bytes} bytes were transferred`;
      return;
    }
    if (this.#matched >= this.#warmUpCount) {
      this.#times.record(operation, bytes, nanoseconds);
      this.#robustTime?.record(this.#matched, nanoseconds);
    }
    this.#step();
  }

  message(line: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = `${this.#describeRequest()}: ${visibleText(line)}`;
  }

  /** Call when the output has ended; the values are only good if {@link failure} is then undefined. */
  end(): void {
    if (this.#failure === undefined && this.#block !== undefined)
      this.#failure = `${this.#describeRequest()}: no result`;
  }

  metrics(): RequestMetrics {
    return this.#times.metrics();
  }

  #step(): void {
    this.#matched++;
    if (this.#matched === this.#warmUpCount) this.#onMeasuredStart();
    this.#advance();
  }

  /** Goes to the next request that prints a result. */
  #advance(): void {
    for (;;) {
      this.#index++;
      while (this.#block === undefined || this.#index >= this.#block.count) {
        const next = this.#blocks.next();
        if (next.done) {
          this.#block = undefined;
          return;
        }
        this.#block = next.value;
        this.#index = 0;
      }
      if (!this.#silentSyncs || this.#block.operation[this.#index] !== Operation.sync) return;
      if (this.#matched >= this.#warmUpCount) this.#times.record(Operation.sync, 0, 0);
      this.#matched++;
      if (this.#matched === this.#warmUpCount) this.#onMeasuredStart();
    }
  }

  #describeRequest(): string {
    const block = this.#block;
    if (block === undefined) return 'after the last request';
    const operation = operationNames[block.operation[this.#index] as Operation] ?? 'request';
    const where = `offset ${block.offsetBytes[this.#index]}, length ${block.lengthBytes[this.#index]}`;
    return `request ${this.#matched + 1} (${operation === 'sync' ? operation : `${operation}, ${where}`})`;
  }
}
