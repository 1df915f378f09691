import { BlockFlag, parseRwbs } from '../block-request.ts';
import { parseDecimal, parseFixed, shownBytes } from '../byte-numbers.ts';
import { DeviceNames } from '../device-names.ts';
import { blockLayerEvents, EventChoice } from '../event-choice.ts';
import { headLines } from '../head-lines.ts';
import { type LineHandler, LineReader } from '../line-reader.ts';
import type { TraceFormat, TraceReadOptions, TraceSink } from '../trace-format.ts';
import { findByte, startsWithText, Words } from '../words.ts';

const sectorBytes = 512;
const comma = 0x2c;
const plus = 0x2b;
const point = 0x2e;
const bracket = 0x5b;
const parenthesis = 0x28;
const colon = 0x3a;
const letterA = 0x41;
const letterZ = 0x5a;
const letterD = 0x44;
const letterQ = 0x51;

const Column = {
  device: 0,
  cpu: 1,
  sequence: 2,
  time: 3,
  process: 4,
  action: 5,
  rwbs: 6,
  sector: 7,
  plus: 8,
  sectors: 9,
  rest: 10,
} as const;

/** What blkparse prints for a trace of blktrace unless it is given a format of its own. */
export const blkparseFormat: TraceFormat = {
  name: 'blkparse',
  title: 'blkparse text',
  source: 'blkparse(1), "DEFAULT OUTPUT"; blktrace blkparse_fmt.c, process_default()',
  recognises: (head) => {
    const first = headLines(head).find((line) => line.length > 0 && !isNotice(line, 0, line.length));
    return first !== undefined && isEvent(first);
  },
  open: (sink, options) => new LineReader(sink, new BlkparseLines(sink, options)),
};

class BlkparseLines implements LineHandler {
  readonly #sink: TraceSink;
  readonly #events: EventChoice;
  readonly #queueFirst: boolean;
  readonly #devices: DeviceNames;
  readonly #words = new Words(Column.rest + 1);
  /** Behind the events of a device, blkparse prints what they sum up to. */
  #inSums = false;

  constructor(sink: TraceSink, options: TraceReadOptions) {
    this.#sink = sink;
    this.#events = new EventChoice(sink, blockLayerEvents(options));
    this.#queueFirst = options.event === 'queue';
    this.#devices = new DeviceNames(sink);
  }

  line(bytes: Uint8Array, start: number, end: number): void {
    const words = this.#words;
    words.split(bytes, start, end);
    if (words.count === 0) return;
    const problem = isDevice(bytes, words) ? this.#event(bytes) : this.#other(bytes, start, end);
    if (problem !== undefined) this.#sink.bad(problem);
  }

  end(): void {
    this.#events.end();
  }

  /** @returns what is wrong with the line */
  #event(bytes: Uint8Array): string | undefined {
    const words = this.#words;
    this.#inSums = false;
    if (words.count <= Column.rwbs) return 'the line is cut short';
    const at = words.start[Column.action] as number;
    const action = bytes[at] as number;
    if ((action === letterQ || action === letterD) && words.end[Column.action] === at + 1)
      return this.#request(bytes, action === letterQ);
    const other = actions[action];
    if (other === undefined) return `the action "${this.#shown(bytes, Column.action)}" is unknown`;
    this.#sink.passOver(other);
    return undefined;
  }

  #request(bytes: Uint8Array, queued: boolean): string | undefined {
    const { start, end } = this.#words;
    const kind = parseRwbs(bytes, start[Column.rwbs] as number, end[Column.rwbs] as number);
    if (kind < 0) return `"${this.#shown(bytes, Column.rwbs)}" is no kind of request`;
    const timeUs = parseFixed(bytes, start[Column.time] as number, end[Column.time] as number, 1e6);
    if (Number.isNaN(timeUs)) return `the time "${this.#shown(bytes, Column.time)}" is not in seconds`;
    const device = this.#devices.numberOf(bytes, start[0] as number, end[0] as number);
    if (!this.#words.isByte(bytes, Column.plus, plus)) return this.#withoutExtent(bytes, queued, device, kind, timeUs);
    if (!this.#opens(bytes, Column.rest)) return 'the line is cut short';
    const offsetBytes = this.#number(bytes, Column.sector) * sectorBytes;
    const lengthBytes = this.#number(bytes, Column.sectors) * sectorBytes;
    if (Number.isNaN(offsetBytes + lengthBytes))
      return 'the sector or the number of sectors is no whole number below 2^53';
    this.#events.take(queued === this.#queueFirst, device, kind, offsetBytes, lengthBytes, timeUs);
    return undefined;
  }

  /** A flush has only its process; a packet command has bytes and their content, and does not say where. */
  #withoutExtent(bytes: Uint8Array, queued: boolean, device: number, kind: number, timeUs: number): string | undefined {
    const flush = this.#opens(bytes, Column.sector);
    if (!flush && !this.#opens(bytes, Column.plus)) return 'the line is cut short';
    const what = flush ? kind : BlockFlag.command;
    this.#events.take(queued === this.#queueFirst, device, what, 0, 0, timeUs);
    return undefined;
  }

  /** Whether a word starts with a bracket, as the process does, or with a parenthesis, as a duration does. */
  #opens(bytes: Uint8Array, column: number): boolean {
    if (column >= this.#words.count) return false;
    const byte = bytes[this.#words.start[column] as number];
    return byte === bracket || byte === parenthesis;
  }

  /** A line that is no event: a notice, or one of the sums at the end. */
  #other(bytes: Uint8Array, start: number, end: number): string | undefined {
    const from = this.#words.start[0] as number;
    if (startsWithText(bytes, from, end, 'CPU') || startsWithText(bytes, from, end, 'Total (')) this.#inSums = true;
    const sum = this.#inSums && isSum(bytes, from, end);
    if (!sum && !isNotice(bytes, from, end)) return `"${shownBytes(bytes, start, end)}" is no line of blkparse`;
    this.#sink.passOver(sum ? 'lines of sums' : 'notices');
    return undefined;
  }

  #number(bytes: Uint8Array, column: number): number {
    return parseDecimal(bytes, this.#words.start[column] as number, this.#words.end[column] as number);
  }

  #shown(bytes: Uint8Array, column: number): string {
    return shownBytes(bytes, this.#words.start[column] as number, this.#words.end[column] as number);
  }
}

/** What is passed over, by the first letter of the action. */
const actions = byLetter({
  A: 'remaps',
  B: 'bounces',
  C: 'completions',
  F: 'merges',
  G: 'allocations of requests',
  I: 'inserts',
  M: 'merges',
  P: 'plugs',
  R: 'requeues',
  S: 'waits for a request',
  T: 'unplugs',
  U: 'unplugs',
  X: 'splits',
  m: 'messages',
});

function byLetter(names: Readonly<Record<string, string>>): readonly (string | undefined)[] {
  const table = new Array<string | undefined>(256).fill(undefined);
  for (const [letter, name] of Object.entries(names)) table[letter.charCodeAt(0)] = name;
  return table;
}

/** Whether the first word is `major,minor`. */
function isDevice(bytes: Uint8Array, words: Words): boolean {
  const start = words.start[Column.device] as number;
  const end = words.end[Column.device] as number;
  const found = findByte(bytes, comma, start, end);
  return found < end && parseDecimal(bytes, start, found) >= 0 && parseDecimal(bytes, found + 1, end) >= 0;
}

/** Whether a line is an event beyond doubt, for telling the format. */
function isEvent(bytes: Uint8Array): boolean {
  const words = new Words(Column.rest);
  words.split(bytes, 0, bytes.length);
  if (words.count <= Column.rwbs || !isDevice(bytes, words)) return false;
  const startOf = (column: number): number => words.start[column] as number;
  const endOf = (column: number): number => words.end[column] as number;
  const isNumber = (column: number): boolean => parseFixed(bytes, startOf(column), endOf(column), 1) >= 0;
  const letter = bytes[startOf(Column.action)] as number;
  return (
    [Column.cpu, Column.sequence, Column.time, Column.process].every(isNumber) &&
    findByte(bytes, point, startOf(Column.time), endOf(Column.time)) === endOf(Column.time) - 10 &&
    (letter === letterQ || letter === letterD || actions[letter] !== undefined) &&
    endOf(Column.action) - startOf(Column.action) <= 2 &&
    parseRwbs(bytes, startOf(Column.rwbs), endOf(Column.rwbs)) >= 0
  );
}

/** Whether a line is a name in capitals with something behind a colon, as ` Reads Queued:  1,  4KiB`. */
function isSum(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start] as number;
  return first >= letterA && first <= letterZ && findByte(bytes, colon, start, end) < end;
}

/** What blkparse says of its input before the first event. */
function isNotice(bytes: Uint8Array, start: number, end: number): boolean {
  return startsWithText(bytes, start, end, 'Input file ') || startsWithText(bytes, start, end, 'Skips: ');
}
