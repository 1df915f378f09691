import { Operation } from '../../request.ts';
import { BlockFlag, parseRwbs, takeBlockRequest } from '../block-request.ts';
import { parseDecimal, parseFixed, shownBytes } from '../byte-numbers.ts';
import { ClockTime } from '../clock-time.ts';
import { DeviceNames } from '../device-names.ts';
import { headLines } from '../head-lines.ts';
import { type LineHandler, LineReader } from '../line-reader.ts';
import type { TraceFormat, TraceSink } from '../trace-format.ts';
import { findByte, startsWithText, Words } from '../words.ts';

/** The line that bcc's and bpftrace's print first, in some releases. */
const opening = 'Tracing block ';
const sectorBytes = 512;
const point = 0x2e;
const digitZero = 0x30;
const digitNine = 0x39;
/** Latency, queued time, pattern, bytes, sector, kind and disk, from the right. */
const mostWords = 7;

/**
 * What biosnoop of bcc and of libbpf-tools print. The columns before the disk are not looked at, since a process may be
 * called anything, blanks included; so a line is read from the right:
 *
 *     TIME(s)     COMM           PID    DISK    T SECTOR     BYTES  QUE(ms) LAT(ms)
 *     2.003920    xfsaild/md0    456    xvdc    W 62901512   8192      0.01    0.23
 *
 * With -P bcc prints one letter for the pattern behind the bytes. biosnoop.bt of bpftrace prints no sectors.
 */
export const biosnoopFormat: TraceFormat = {
  name: 'biosnoop',
  title: 'biosnoop output',
  source: 'bcc tools/biosnoop.py, print_event(); libbpf-tools/biosnoop.c, handle_event()',
  recognises: (head) => {
    const first = headLines(head).find((line) => line.length > 0 && !isNotice(line, 0, line.length));
    return first !== undefined && isHeader(first, 0, first.length);
  },
  open: (sink) => new LineReader(sink, new BiosnoopLines(sink)),
};

class BiosnoopLines implements LineHandler {
  readonly #sink: TraceSink;
  readonly #devices: DeviceNames;
  readonly #words = new Words(mostWords);
  readonly #first = new Words(1);
  readonly #clock = new ClockTime();
  #noted = false;

  constructor(sink: TraceSink) {
    this.#sink = sink;
    this.#devices = new DeviceNames(sink);
  }

  line(bytes: Uint8Array, start: number, end: number): void {
    this.#first.split(bytes, start, end);
    if (this.#first.count === 0) return;
    const problem = isHeader(bytes, start, end) ? this.#header(bytes, start, end) : this.#take(bytes, start, end);
    if (problem !== undefined) this.#sink.bad(problem);
  }

  #header(bytes: Uint8Array, start: number, end: number): string | undefined {
    const from = this.#first.start[0] as number;
    if (startsWithText(bytes, from, end, 'TIME(ms)') || !hasColumn(bytes, start, end, 'SECTOR'))
      return 'this biosnoop (that of bpftrace) prints no sectors; biosnoop of bcc or of libbpf-tools does';
    if (!this.#noted) this.#sink.note("biosnoop's order and times are those of completions");
    this.#noted = true;
    return undefined;
  }

  /** @returns what is wrong with the line */
  #take(bytes: Uint8Array, start: number, end: number): string | undefined {
    const words = this.#words;
    if (isNotice(bytes, start, end)) {
      this.#sink.passOver('notices');
      if (!startsWithText(bytes, start, end, opening)) this.#sink.note('biosnoop lost events');
      return undefined;
    }
    words.splitFromRight(bytes, start, end);
    const length = this.#columnOfBytes(bytes);
    if (length === -1) return `"${shownBytes(bytes, start, end)}" is no line of biosnoop`;
    const timeUs = this.#clock.parse(bytes, this.#first.start[0] as number, this.#first.end[0] as number);
    const kind = parseRwbs(bytes, words.start[length + 2] as number, words.end[length + 2] as number);
    const lengthBytes = parseDecimal(bytes, words.start[length] as number, words.end[length] as number);
    if (Number.isNaN(timeUs)) return 'the line does not start with a time';
    if (kind < 0 || Number.isNaN(lengthBytes)) return 'the kind or the bytes of the request are no such things';
    const device = this.#devices.numberOf(bytes, words.start[length + 3] as number, words.end[length + 3] as number);
    this.#request(device, kind, this.#sector(bytes, length + 1), lengthBytes, timeUs);
    return undefined;
  }

  #request(device: number, kind: number, sector: number, lengthBytes: number, timeUs: number): void {
    if (lengthBytes === 0 && (kind & BlockFlag.command) === 0) {
      // Of a flush, bcc's tells only that it is not a write.
      if (kind <= Operation.write) this.#sink.note('requests of no bytes are taken as syncs');
      this.#sink.request(device, Operation.sync, 0, 0, timeUs);
    } else if (sector === -1) {
      this.#sink.passOver('requests without a sector');
    } else {
      takeBlockRequest(this.#sink, device, kind, sector * sectorBytes, lengthBytes, timeUs);
    }
  }

  /** -1 where there is none: libbpf-tools print that, bcc the same as a whole number of 64 bits. */
  #sector(bytes: Uint8Array, column: number): number {
    const sector = parseDecimal(bytes, this.#words.start[column] as number, this.#words.end[column] as number);
    return Number.isNaN(sector) ? -1 : sector;
  }

  /** Which word from the right are the bytes: behind latency, queued time and pattern. -1 in a line that is too short. */
  #columnOfBytes(bytes: Uint8Array): number {
    const words = this.#words;
    if (words.count < 5 || !this.#isDuration(bytes, 0)) return -1;
    const behindQueue = this.#isDuration(bytes, 1) ? 2 : 1;
    const start = words.start[behindQueue] as number;
    const byte = bytes[start] as number;
    const pattern = words.end[behindQueue] === start + 1 && (byte < digitZero || byte > digitNine);
    const column = pattern ? behindQueue + 1 : behindQueue;
    return column + 3 < words.count ? column : -1;
  }

  #isDuration(bytes: Uint8Array, column: number): boolean {
    const start = this.#words.start[column] as number;
    const end = this.#words.end[column] as number;
    const minus = bytes[start] === 0x2d ? 1 : 0;
    return findByte(bytes, point, start, end) < end && parseFixed(bytes, start + minus, end, 1) >= 0;
  }
}

/** The line with the names of the columns, of any biosnoop. */
function isHeader(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    startsWithText(bytes, start, end, 'TIME') &&
    hasColumn(bytes, start, end, 'COMM') &&
    hasColumn(bytes, start, end, 'LAT(ms)')
  );
}

function hasColumn(bytes: Uint8Array, start: number, end: number, name: string): boolean {
  for (let at = start; at <= end - name.length; at++) if (startsWithText(bytes, at, end, name)) return true;
  return false;
}

function isNotice(bytes: Uint8Array, start: number, end: number): boolean {
  return [opening, 'Possibly lost ', 'lost '].some((notice) => startsWithText(bytes, start, end, notice));
}
