import type { TraceReader, TraceSink } from './trace-format.ts';

/** The longest line that is read; names and numbers of a request need a few hundred bytes. */
export const maximumLineBytes = 64 * 1024;
const newline = 0x0a;
const carriageReturn = 0x0d;

/** What is told of each line, and of one that is too long. */
export type LineSink = Pick<TraceSink, 'line' | 'bad'>;

/** What a format of text does with each line. */
export interface LineHandler {
  /**
   * One line, without its newline and a carriage return before it. The bytes are only valid during the call; the sink's
   * `line` is set.
   */
  line(bytes: Uint8Array, start: number, end: number): void;
  /** The file has ended; for formats that keep something from line to line. */
  end?(): void;
}

/**
 * Splits bytes into lines without making strings of them. A line of more than 64 KiB is bad, and is passed over in
 * constant memory where the user lets bad lines be skipped.
 */
export class LineReader implements TraceReader {
  readonly #sink: LineSink;
  readonly #handler: LineHandler;
  /** The beginning of a line whose end is in a later piece. */
  readonly #carry = new Uint8Array(maximumLineBytes);
  #carriedBytes = 0;
  /** Inside of a line that was too long. */
  #passing = false;
  #line = 1;

  constructor(sink: LineSink, handler: LineHandler) {
    this.#sink = sink;
    this.#handler = handler;
  }

  push(bytes: Uint8Array): void {
    const length = bytes.length;
    let start = 0;
    if (this.#carriedBytes > 0 || this.#passing) {
      start = this.#finishLine(bytes);
      if (start > length) return;
    }
    for (let index = start; index < length; index++) {
      if (bytes[index] !== newline) continue;
      this.#take(bytes, start, index);
      start = index + 1;
    }
    this.#keep(bytes, start, length);
  }

  end(): void {
    if (this.#carriedBytes > 0 && !this.#passing) this.#take(this.#carry, 0, this.#carriedBytes);
    this.#carriedBytes = 0;
    this.#handler.end?.();
  }

  /** @returns where the next line starts, or behind the end if this one goes on */
  #finishLine(bytes: Uint8Array): number {
    const found = bytes.indexOf(newline);
    const end = found === -1 ? bytes.length : found;
    this.#keep(bytes, 0, end);
    if (found === -1) return bytes.length + 1;
    const carriedBytes = this.#carriedBytes;
    this.#carriedBytes = 0;
    if (this.#passing) {
      this.#passing = false;
      this.#line += 1;
    } else {
      this.#take(this.#carry, 0, carriedBytes);
    }
    return found + 1;
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    if (this.#passing) return;
    if (this.#carriedBytes + end - start > maximumLineBytes) {
      this.#carriedBytes = 0;
      this.#passing = true;
      this.#tooLong();
      return;
    }
    this.#carry.set(bytes.subarray(start, end), this.#carriedBytes);
    this.#carriedBytes += end - start;
  }

  #take(bytes: Uint8Array, start: number, end: number): void {
    this.#sink.line = this.#line;
    if (end - start > maximumLineBytes) this.#tooLong();
    else this.#handler.line(bytes, start, end > start && bytes[end - 1] === carriageReturn ? end - 1 : end);
    this.#line += 1;
  }

  #tooLong(): void {
    this.#sink.line = this.#line;
    this.#sink.bad(`the line is longer than ${maximumLineBytes / 1024} KiB`);
  }
}
