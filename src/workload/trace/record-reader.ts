import type { TraceReader, TraceSink } from './trace-format.ts';

/** The longest record that is kept whole: a blktrace record with its payload has 64 KiB and 47 bytes. */
const maximumRecordBytes = 128 * 1024;

/** What a binary format does with each record. */
export interface RecordHandler {
  /** Bytes at the start of a record from which its length can be told, where the file goes on so far. */
  readonly headerBytes: number;
  /**
   * Length of the record that starts at `at`, its header and what belongs to it included; 0 where that takes more than the
   * `available` bytes. The sink's `recordOffsetBytes` is set.
   */
  lengthOf(view: DataView, at: number, available: number): number;
  /** One whole record. The bytes are only valid during the call. */
  record(view: DataView, at: number, lengthBytes: number): void;
  /** The file has ended behind a whole record. */
  end?(): void;
}

/**
 * Cuts bytes into records of a fixed length or of one that their header tells. A record that is too long to be one is bad,
 * and is passed over in constant memory where the user lets bad ones be skipped.
 */
export class RecordReader implements TraceReader {
  readonly #sink: TraceSink;
  readonly #handler: RecordHandler;
  /** The beginning of a record whose end is in a later piece. */
  readonly #carry = new Uint8Array(maximumRecordBytes);
  readonly #carryView = new DataView(this.#carry.buffer);
  #carriedBytes = 0;
  /** Bytes of a record that was too long which are still to come. */
  #passBytes = 0;
  /** Where the record at hand starts in the file. */
  #offsetBytes: number;

  /** @param offsetBytes where the first record starts in the file */
  constructor(sink: TraceSink, handler: RecordHandler, offsetBytes = 0) {
    this.#sink = sink;
    this.#handler = handler;
    this.#offsetBytes = offsetBytes;
  }

  push(bytes: Uint8Array): void {
    let at = this.#pass(bytes, 0);
    while (this.#carriedBytes > 0 && at < bytes.length) at = this.#extendCarry(bytes, at);
    if (at >= bytes.length) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (;;) {
      const length = this.#lengthAt(view, at, bytes.length - at);
      if (length > maximumRecordBytes) {
        at = this.#refuse(bytes, at, length);
        if (at >= bytes.length) return;
      } else if (length === 0 || at + length > bytes.length) {
        break;
      } else {
        this.#handler.record(view, at, length);
        this.#offsetBytes += length;
        at += length;
      }
    }
    this.#carry.set(bytes.subarray(at), 0);
    this.#carriedBytes = bytes.length - at;
  }

  end(): void {
    // What is passed over was told where it began.
    if (this.#carriedBytes > 0) {
      this.#sink.recordOffsetBytes = this.#offsetBytes;
      this.#carriedBytes = 0;
      this.#sink.bad('the file ends inside of a record');
    }
    this.#handler.end?.();
  }

  /** @returns 0 where more bytes are needed to tell */
  #lengthAt(view: DataView, at: number, available: number): number {
    if (available < this.#handler.headerBytes) return 0;
    this.#sink.recordOffsetBytes = this.#offsetBytes;
    const length = this.#handler.lengthOf(view, at, available);
    return length === 0 && available >= maximumRecordBytes ? maximumRecordBytes + 1 : length;
  }

  /** Completes the header and then the record of the carry. @returns up to where the bytes were used */
  #extendCarry(bytes: Uint8Array, at: number): number {
    const known = this.#lengthAt(this.#carryView, 0, this.#carriedBytes);
    const wanted = known > 0 ? known : Math.max(this.#handler.headerBytes, this.#carriedBytes + 1);
    const taken = Math.min(bytes.length - at, Math.max(0, wanted - this.#carriedBytes));
    this.#carry.set(bytes.subarray(at, at + taken), this.#carriedBytes);
    this.#carriedBytes += taken;
    const length = this.#lengthAt(this.#carryView, 0, this.#carriedBytes);
    if (length > maximumRecordBytes) return this.#refuse(bytes, at + taken - this.#carriedBytes, length);
    if (length === this.#carriedBytes) {
      this.#carriedBytes = 0;
      this.#handler.record(this.#carryView, 0, length);
      this.#offsetBytes += length;
    }
    return at + taken;
  }

  /** Passes over a record that starts at `at`, which may lie before the bytes. @returns where the next one starts */
  #refuse(bytes: Uint8Array, at: number, length: number): number {
    this.#carriedBytes = 0;
    this.#sink.bad(`a record of ${length} bytes is none of this format`);
    this.#passBytes = at + length;
    this.#offsetBytes += length;
    return this.#pass(bytes, 0);
  }

  #pass(bytes: Uint8Array, at: number): number {
    if (this.#passBytes === 0) return at;
    const skipped = Math.min(bytes.length, this.#passBytes);
    this.#passBytes -= skipped;
    return Math.max(at, skipped);
  }
}
