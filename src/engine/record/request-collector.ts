import type { RecordedRequests } from '../../workload/recorded-requests.ts';
import { longestRequestBytes, type Operation } from '../../workload/request.ts';
import { RequestStore } from '../../workload/request-store.ts';
import type { TraceSink } from '../../workload/trace/trace-format.ts';

/**
 * How long a request is held back for an earlier one of another processor. The tracer writes one buffer a processor and
 * merges them as they are read; a processor that was taken away from its virtual machine in the middle of an event shows it late.
 */
const holdBackUs = 250_000;

interface HeldRequest {
  readonly operation: Operation;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly timeUs: number;
}

/** Takes the requests of one device from its trace while it grows, and puts them into the order of their times. */
export class RequestCollector implements TraceSink {
  line = 0;
  recordOffsetBytes = 0;
  /** What the reader found worth telling, each once. */
  readonly notes = new Set<string>();
  readonly #store = new RequestStore();
  #held: HeldRequest[] = [];
  #newestUs = Number.NEGATIVE_INFINITY;
  #firstUs: number | undefined;
  #lastUs = 0;

  /** Requests that were taken for good; those behind {@link settle} are all of them. */
  get count(): number {
    return this.#store.count;
  }

  device(): number {
    return 0;
  }

  request(_device: number, operation: Operation, offsetBytes: number, lengthBytes: number, timeUs: number): void {
    let done = 0;
    do {
      const partBytes = Math.min(lengthBytes - done, longestRequestBytes);
      this.#held.push({ operation, offsetBytes: offsetBytes + done, lengthBytes: partBytes, timeUs });
      done += partBytes;
    } while (done < lengthBytes);
    if (timeUs > this.#newestUs) this.#newestUs = timeUs;
  }

  wait(): void {
    // A kernel's trace has times, and no waits.
  }

  bad(message: string): void {
    throw new Error(`line ${this.line} of the kernel's trace: ${message}`);
  }

  passOver(): void {
    // Other events of the instance: there are none that were asked for.
  }

  note(text: string): void {
    this.notes.add(text);
  }

  /** Takes what no earlier request can come before any more. */
  advance(): void {
    this.#take(this.#newestUs - holdBackUs);
  }

  /** Takes all that came: whatever is issued from now on is later. @returns how many requests there are */
  settle(): number {
    this.#take(Number.POSITIVE_INFINITY);
    return this.#store.count;
  }

  finish(): RecordedRequests {
    this.settle();
    return this.#store.finish(true);
  }

  #take(untilUs: number): void {
    // Stable: requests of the same microsecond keep the order in which the tracer has them.
    this.#held.sort((a, b) => a.timeUs - b.timeUs);
    let taken = 0;
    for (const { operation, offsetBytes, lengthBytes, timeUs } of this.#held) {
      if (timeUs > untilUs) break;
      this.#firstUs ??= timeUs;
      this.#lastUs = Math.max(this.#lastUs, Math.round(timeUs - this.#firstUs));
      this.#store.push(operation, offsetBytes, lengthBytes, this.#lastUs);
      taken += 1;
    }
    if (taken > 0) this.#held = this.#held.slice(taken);
  }
}
