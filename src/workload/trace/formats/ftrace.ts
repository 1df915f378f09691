import { BlockFlag, parseRwbs } from '../block-request.ts';
import { parseDecimal, parseFixed, shownBytes } from '../byte-numbers.ts';
import { DeviceNames } from '../device-names.ts';
import { blockLayerEvents, EventChoice } from '../event-choice.ts';
import { headLines } from '../head-lines.ts';
import { type LineHandler, LineReader } from '../line-reader.ts';
import type { TraceFormat, TraceReadOptions, TraceSink } from '../trace-format.ts';
import { findByte, startsWithText, Words } from '../words.ts';

const sectorBytes = 512;
const colon = 0x3a;
const comma = 0x2c;
const space = 0x20;
const bracket = 0x5b;
const closingBracket = 0x5d;
const closingParenthesis = 0x29;
const plus = 0x2b;
const hash = 0x23;
const point = 0x2e;

const queueEvent = 'block_bio_queue: ';
const issueEvent = 'block_rq_issue: ';
/** perf prints the group before the event. */
const group = 'block:';

/**
 * Linux' own tracer, as `trace` and `trace_pipe` of tracefs have it, and trace-cmd and perf script print it:
 *
 *     jbd2/vda1-8-231 [000] ..... 12.345678: block_rq_issue: 254,0 WS 4096 () 2048 + 8 be,0,4 [jbd2/vda1-8]
 *     jbd2/vda1-8-231 [000] ..... 12.345678: block_bio_queue: 254,0 WS 2048 + 8 [jbd2/vda1-8]
 */
export const ftraceFormat: TraceFormat = {
  name: 'ftrace',
  title: 'ftrace log of block events',
  source: 'Linux Documentation/trace/ftrace.rst, "Output format"; include/trace/events/block.h',
  recognises: (head) => {
    const lines = headLines(head).filter((line) => line.length > 0);
    const first = lines.find((line) => line[0] !== hash);
    return isHeader(lines[0] ?? head) || (first !== undefined && isBlockEvent(first));
  },
  open: (sink, options) => new LineReader(sink, new FtraceLines(sink, options)),
};

class FtraceLines implements LineHandler {
  readonly #sink: TraceSink;
  readonly #events: EventChoice;
  readonly #queueFirst: boolean;
  readonly #devices: DeviceNames;
  readonly #words = new Words(4);

  constructor(sink: TraceSink, options: TraceReadOptions) {
    this.#sink = sink;
    this.#events = new EventChoice(sink, blockLayerEvents(options));
    this.#queueFirst = options.event === 'queue';
    this.#devices = new DeviceNames(sink);
  }

  line(bytes: Uint8Array, start: number, end: number): void {
    if (start === end || bytes[start] === hash) return;
    const problem = this.#take(bytes, start, end);
    if (problem !== undefined) this.#sink.bad(problem);
  }

  end(): void {
    this.#events.end();
  }

  /** @returns what is wrong with the line */
  #take(bytes: Uint8Array, start: number, end: number): string | undefined {
    const stamp = timestampEnd(bytes, start, end);
    if (stamp === -1) return this.#withoutTime(bytes, start, end);
    let name = stamp + 1;
    while (name < end && bytes[name] === space) name += 1;
    if (startsWithText(bytes, name, end, group)) name += group.length;
    const queued = startsWithText(bytes, name, end, queueEvent);
    if (!queued && !startsWithText(bytes, name, end, issueEvent)) {
      this.#sink.passOver('other events');
      return undefined;
    }
    let timeStart = stamp;
    while (timeStart > start && bytes[timeStart - 1] !== space) timeStart -= 1;
    // Clocks that count cycles or events print no point.
    const timeUs =
      findByte(bytes, point, timeStart, stamp) < stamp ? parseFixed(bytes, timeStart, stamp, 1e6) : Number.NaN;
    if (Number.isNaN(timeUs)) return `the time "${shownBytes(bytes, timeStart, stamp)}" is not in seconds`;
    return this.#request(bytes, name + (queued ? queueEvent : issueEvent).length, end, queued, timeUs);
  }

  /** `major,minor RWBS`, for issues `bytes (command)`, then `sector + sectors`, and what does not matter here. */
  #request(bytes: Uint8Array, start: number, end: number, queued: boolean, timeUs: number): string | undefined {
    const words = this.#words;
    words.split(bytes, start, end);
    if (words.count < 3) return 'the line is cut short';
    const kind = parseRwbs(bytes, words.start[1] as number, words.end[1] as number);
    if (kind < 0)
      return `"${shownBytes(bytes, words.start[1] as number, words.end[1] as number)}" is no kind of request`;
    const deviceStart = words.start[0] as number;
    const deviceEnd = words.end[0] as number;
    if (findByte(bytes, comma, deviceStart, deviceEnd) === deviceEnd) return 'there is no device (major,minor)';
    const device = this.#devices.numberOf(bytes, deviceStart, deviceEnd);
    const command = words.start[3] as number;
    const packet = !queued && words.count > 3 && bytes[command + 1] !== closingParenthesis;
    const extent = queued
      ? (words.start[2] as number)
      : findByte(bytes, closingParenthesis, words.end[2] as number, end) + 1;
    words.split(bytes, extent, end);
    // What the process is called stands in brackets at the end: a line without it was cut.
    if (
      words.count < 4 ||
      !words.isByte(bytes, 1, plus) ||
      findByte(bytes, bracket, words.end[2] as number, end) === end
    )
      return 'the line is cut short';
    const sectors = parseDecimal(bytes, words.start[2] as number, words.end[2] as number);
    // A flush and a packet command have no sector: Linux prints 0, or -1 as a whole number of 64 bits.
    const sector = sectors === 0 ? 0 : parseDecimal(bytes, words.start[0] as number, words.end[0] as number);
    if (Number.isNaN(sector + sectors)) return 'the sector or the number of sectors is no whole number below 2^53';
    const what = packet ? BlockFlag.command : kind;
    this.#events.take(queued === this.#queueFirst, device, what, sector * sectorBytes, sectors * sectorBytes, timeUs);
    return undefined;
  }

  #withoutTime(bytes: Uint8Array, start: number, end: number): string | undefined {
    if (startsWithText(bytes, start, end, 'CPU:') || startsWithText(bytes, start, end, 'cpus=')) {
      this.#sink.passOver('notices of the tracer');
      if (findByte(bytes, bracket, start, end) < end)
        this.#sink.note('the tracer lost events: its buffer was too small');
      return undefined;
    }
    return `"${shownBytes(bytes, start, end)}" is no line of ftrace`;
  }
}

/**
 * Where the colon behind the time is: the first `: ` that a number with a point stands before, behind the number of the
 * CPU in brackets. A command's name may hold anything else.
 *
 * @returns -1 where there is none
 */
function timestampEnd(bytes: Uint8Array, start: number, end: number): number {
  let behindProcessor = false;
  for (let at = start; at < end - 1; at++) {
    if (bytes[at] === closingBracket && isProcessor(bytes, start, at)) behindProcessor = true;
    if (!behindProcessor || bytes[at] !== colon || bytes[at + 1] !== space) continue;
    if (isDigit(bytes[at - 1])) return at;
  }
  return -1;
}

/** Whether `[digits` stands before a place. */
function isProcessor(bytes: Uint8Array, start: number, end: number): boolean {
  let at = end;
  while (at > start && isDigit(bytes[at - 1])) at -= 1;
  return at < end && at > start && bytes[at - 1] === bracket;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isHeader(line: Uint8Array): boolean {
  return (
    startsWithText(line, 0, line.length, '# tracer: ') || startsWithText(line, 0, line.length, '# entries-in-buffer')
  );
}

/** Whether a line is one of the events that are taken. */
function isBlockEvent(line: Uint8Array): boolean {
  const stamp = timestampEnd(line, 0, line.length);
  if (stamp === -1) return false;
  let time = stamp;
  while (time > 0 && line[time - 1] !== space) time -= 1;
  if (findByte(line, point, time, stamp) === stamp || Number.isNaN(parseFixed(line, time, stamp, 1))) return false;
  let name = stamp + 1;
  while (line[name] === space) name += 1;
  if (startsWithText(line, name, line.length, group)) name += group.length;
  return startsWithText(line, name, line.length, 'block_');
}
