import { takeBlockRequest } from './block-request.ts';
import type { TraceReadOptions, TraceSink } from './trace-format.ts';

/** How many events of the second choice are kept until it is known whether the trace has the first. */
const heldEvents = 4096;

/** Names of the two kinds of event of a trace that show the same requests at two places. */
export interface EventKinds {
  /** Of what is taken where the trace has both, in the plural, e.g. `queue events`. */
  readonly first: string;
  readonly second: string;
  /** Whether the second kind is taken where the trace does not have the first. */
  readonly fallBack: boolean;
  /** What the user can do to have the other, as the end of a sentence. */
  readonly advice: string;
}

/**
 * Takes one of two kinds of event that show the same requests, so that none counts twice: the first where one comes
 * before {@link heldEvents} of the second, else the second. Until then events of the second kind are kept, 180 KiB.
 */
export class EventChoice {
  readonly #sink: TraceSink;
  readonly #kinds: EventKinds;
  readonly #held = new HeldEvents();
  #taken: 'undecided' | 'first' | 'second';
  #firstCount = 0;
  #secondCount = 0;

  constructor(sink: TraceSink, kinds: EventKinds) {
    this.#sink = sink;
    this.#kinds = kinds;
    this.#taken = kinds.fallBack ? 'undecided' : 'first';
  }

  /**
   * One event; the sink's place is the event's.
   *
   * @param first whether it is of the first kind
   */
  take(first: boolean, device: number, kind: number, offsetBytes: number, lengthBytes: number, timeUs: number): void {
    if (first) this.#firstCount += 1;
    else this.#secondCount += 1;
    if (first && this.#taken === 'undecided') this.#taken = 'first';
    if (this.#taken === 'undecided') this.#hold(device, kind, offsetBytes, lengthBytes, timeUs);
    else if (first === (this.#taken === 'first'))
      takeBlockRequest(this.#sink, device, kind, offsetBytes, lengthBytes, timeUs);
    else this.#sink.passOver(first ? this.#kinds.first : this.#kinds.second);
  }

  /** The trace has ended. */
  end(): void {
    if (this.#taken === 'undecided') this.#takeHeld();
    const { first, second, advice } = this.#kinds;
    if (this.#secondCount === 0) return;
    if (this.#taken === 'second') {
      this.#sink.note(`${counted(this.#secondCount, second)} taken, as the trace does not start with ${first}`);
      return;
    }
    // Those that were kept when the first of the other kind came were not handed on.
    for (let held = 0; held < this.#held.count; held++) this.#sink.passOver(second);
    this.#sink.note(`${counted(this.#firstCount, first)} taken, ${counted(this.#secondCount, second)} not; ${advice}`);
  }

  #hold(device: number, kind: number, offsetBytes: number, lengthBytes: number, timeUs: number): void {
    this.#held.push(this.#sink, device, kind, offsetBytes, lengthBytes, timeUs);
    if (this.#held.count === heldEvents) this.#takeHeld();
  }

  #takeHeld(): void {
    this.#taken = 'second';
    this.#held.replay(this.#sink);
  }
}

function counted(count: number, events: string): string {
  return count === 1 ? `1 ${events.slice(0, -1)} is` : `${count.toLocaleString('en-US')} ${events} are`;
}

/** Events of a block layer: what was queued, before merging and splitting, and what its device was sent. */
export function blockLayerEvents(options: TraceReadOptions): EventKinds {
  const queue = options.event === 'queue';
  return {
    first: queue ? 'queue events' : 'issue events',
    second: queue ? 'issue events' : 'queue events',
    fallBack: queue,
    advice: queue
      ? '--event issue takes what the device was sent, after merging and splitting'
      : '--event queue takes what was asked for, before merging and splitting',
  };
}

/** Events with their places, in columns. */
class HeldEvents {
  count = 0;
  readonly #device = new Int32Array(heldEvents);
  readonly #kind = new Uint8Array(heldEvents);
  readonly #offsetBytes = new Float64Array(heldEvents);
  readonly #lengthBytes = new Float64Array(heldEvents);
  readonly #timeUs = new Float64Array(heldEvents);
  readonly #line = new Float64Array(heldEvents);
  readonly #recordOffsetBytes = new Float64Array(heldEvents);

  push(sink: TraceSink, device: number, kind: number, offsetBytes: number, lengthBytes: number, timeUs: number): void {
    const index = this.count++;
    this.#device[index] = device;
    this.#kind[index] = kind;
    this.#offsetBytes[index] = offsetBytes;
    this.#lengthBytes[index] = lengthBytes;
    this.#timeUs[index] = timeUs;
    this.#line[index] = sink.line;
    this.#recordOffsetBytes[index] = sink.recordOffsetBytes;
  }

  /** Hands all on, at their own places, and leaves the sink at the last one's. */
  replay(sink: TraceSink): void {
    for (let index = 0; index < this.count; index++) {
      sink.line = this.#line[index] ?? 0;
      sink.recordOffsetBytes = this.#recordOffsetBytes[index] ?? 0;
      takeBlockRequest(
        sink,
        this.#device[index] ?? 0,
        this.#kind[index] ?? 0,
        this.#offsetBytes[index] ?? 0,
        this.#lengthBytes[index] ?? 0,
        this.#timeUs[index] ?? 0,
      );
    }
    this.count = 0;
  }
}
