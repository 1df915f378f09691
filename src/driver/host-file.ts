import { roundUp } from '../qcow2/geometry.ts';
import type { HostFileState } from './host-file-state.ts';
import {
  BLOCK_WRITTEN,
  FOR_NONE,
  HOST_DISCARD,
  HOST_READ,
  HOST_SYNC,
  HOST_WRITE,
  HOST_ZERO,
  type HostIoSink,
} from './host-io.ts';

const sectorBytes = 512;
const largestAlignmentBytes = 4096;
/** Since 10.1 the kernel is asked for the alignment of direct I/O. */
const versionThatAsksForAlignment = 1001;

/** What a file node is opened with. */
export interface HostFileOptions {
  /** One of the `FILE_` numbers. */
  readonly role: number;
  /** Bytes to which requests are padded: 1 in buffered modes, 512 or 4096 with `cache.direct=on`. */
  readonly requestAlignment: number;
  /** QEMU's version, major × 100 + minor. */
  readonly qemuVersion: number;
  /** Syncs never reach the disk. */
  readonly noFlush: boolean;
  /** Whether the file system zeroes ranges in place; otherwise a hole is punched and space is allocated again. */
  readonly zeroRange: boolean;
}

/**
 * A file node beneath the qcow2 driver: pads requests to its alignment, cuts reads at the end of the file, leaves out
 * syncs where nothing was written since the last one, and reports what is left to the sink.
 * @source QEMU block/io.c, bdrv_aligned_preadv, bdrv_padding_rmw_read, bdrv_co_flush; block/file-posix.c
 */
export class HostFile {
  readonly state: HostFileState;
  readonly role: number;
  readonly #sink: HostIoSink;
  readonly #alignment: number;
  readonly #noFlush: boolean;
  readonly #zeroRange: boolean;
  /** Requests so far, syncs included. */
  requestCount = 0;
  /**
   * Whether what is sent now is not waited for: other parts of a request go on meanwhile. A write counts as done, for the question
   * whether a sync is due, when something else was waited for.
   */
  inFlight = false;
  #unfinished = 0;
  #writtenGeneration = 0;
  #flushedGeneration = 0;

  constructor(state: HostFileState, options: HostFileOptions, sink: HostIoSink) {
    this.state = state;
    this.role = options.role;
    this.#sink = sink;
    // Before 10.1 QEMU tries ever larger direct reads at offset 0; over a hole the smallest one succeeds and tells nothing, so
    // it takes the largest. Source: block/file-posix.c, raw_probe_alignment.
    const isKnown = options.requestAlignment === 1 || options.qemuVersion >= versionThatAsksForAlignment;
    this.#alignment = isKnown || state.stateAt(0) === BLOCK_WRITTEN ? options.requestAlignment : largestAlignmentBytes;
    this.#noFlush = options.noFlush;
    this.#zeroRange = options.zeroRange;
  }

  get requestAlignment(): number {
    return this.#alignment;
  }

  /** Length as the block layer knows it: rounded up to a sector. */
  get lengthBytes(): number {
    return roundUp(this.state.lengthBytes, sectorBytes);
  }

  read(offset: number, length: number, purpose: number): void {
    let start = offset;
    let end = offset + length;
    const alignment = this.#alignment;
    if (alignment > 1) {
      start = Math.floor(start / alignment) * alignment;
      end = roundUp(end, alignment);
    }
    this.#readAligned(start, end, purpose);
  }

  write(offset: number, length: number, purpose: number): void {
    const alignment = this.#alignment;
    let start = offset;
    let end = offset + length;
    if (alignment > 1) {
      const head = offset - Math.floor(offset / alignment) * alignment;
      const tail = Math.ceil(end / alignment) * alignment - end;
      if (head !== 0 || tail !== 0) {
        start -= head;
        end += tail;
        // One read where head and tail lie in the same block or in two neighbours, otherwise one for each.
        const span = end - start;
        if (span === (span > alignment && head !== 0 && tail !== 0 ? 2 * alignment : alignment)) {
          this.#readAligned(start, end, purpose);
        } else {
          if (head !== 0) this.#readAligned(start, start + alignment, purpose);
          if (tail !== 0) this.#readAligned(end - alignment, end, purpose);
        }
      }
    }
    this.#write(start, end - start, purpose);
  }

  #write(offset: number, length: number, purpose: number): void {
    this.requestCount++;
    this.#sink.io(HOST_WRITE, this.role, offset, length, purpose, this.state.stateAt(offset));
    this.state.write(offset, length);
    this.#written();
  }

  /**
   * Zeroes a range in place, keeping its blocks or, with `unmap`, giving them back. Partial blocks at its ends are read and written.
   * @source QEMU block/io.c, bdrv_co_do_zero_pwritev
   */
  zero(offset: number, length: number, purpose: number, unmap = false): void {
    const alignment = this.#alignment;
    const end = offset + length;
    const first = Math.ceil(offset / alignment) * alignment;
    const last = Math.floor(end / alignment) * alignment;
    if (first >= last && (first > offset || last < end)) {
      this.write(offset, length, purpose);
      return;
    }
    if (first > offset) this.#readAligned(first - alignment, first, purpose);
    if (last < end) this.#readAligned(last, last + alignment, purpose);
    if (first > offset) this.#write(first - alignment, alignment, purpose);
    if (last > first && unmap) this.discard(first, last - first, purpose);
    else if (last > first) this.#zero(first, last - first, purpose);
    if (last < end) this.#write(last, alignment, purpose);
  }

  /**
   * Zeroes a range in place if that takes no reading or writing of partial blocks.
   * @returns false, with nothing done, where it would
   * @source QEMU block/io.c, bdrv_co_pwritev_part, for BDRV_REQ_NO_FALLBACK
   */
  zeroWhole(offset: number, length: number, purpose: number): boolean {
    const alignment = this.#alignment;
    if (alignment > 1 && (offset / alignment) % 1 !== 0) return false;
    if (alignment > 1 && (length / alignment) % 1 !== 0) return false;
    this.#zero(offset, length, purpose);
    return true;
  }

  #zero(offset: number, length: number, purpose: number): void {
    this.requestCount++;
    const before = this.state.stateAt(offset);
    if (!this.#zeroRange) {
      this.#sink.io(HOST_DISCARD, this.role, offset, length, purpose, before);
      this.state.punch(offset, length);
    }
    this.#sink.io(HOST_ZERO, this.role, offset, length, purpose, before);
    this.state.zero(offset, length);
    this.#written();
  }

  /** Punches a hole. */
  discard(offset: number, length: number, purpose: number): void {
    this.requestCount++;
    this.#sink.io(HOST_DISCARD, this.role, offset, length, purpose, this.state.stateAt(offset));
    this.state.punch(offset, length);
    this.#written();
  }

  /** A sync, unless nothing was written since the last one. */
  flush(): void {
    const current = this.#writtenGeneration;
    if (this.#flushedGeneration !== current && !this.#noFlush) {
      this.requestCount++;
      this.#sink.io(HOST_SYNC, this.role, 0, 0, FOR_NONE, 0);
      this.settle();
    }
    this.#flushedGeneration = current;
  }

  /** As if something had been written since the last sync. */
  markUnsynced(): void {
    this.#written();
  }

  /** What was in flight is done. */
  settle(): void {
    this.#writtenGeneration += this.#unfinished;
    this.#unfinished = 0;
  }

  #written(): void {
    if (this.inFlight) {
      this.#unfinished++;
    } else {
      this.#writtenGeneration++;
      this.settle();
    }
  }

  #readAligned(start: number, end: number, purpose: number): void {
    const length = Math.min(end - start, roundUp(Math.max(0, this.lengthBytes - start), this.#alignment));
    if (length <= 0) return;
    this.requestCount++;
    this.#sink.io(HOST_READ, this.role, start, length, purpose, this.state.stateAt(start));
    if (!this.inFlight) this.settle();
  }
}
