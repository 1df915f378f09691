import { Operation } from '../../request.ts';
import { isText, parseDecimal, shownBytes } from '../byte-numbers.ts';
import { DeviceNames } from '../device-names.ts';
import { type LineHandler, LineReader } from '../line-reader.ts';
import type { TraceFormat, TraceSink } from '../trace-format.ts';

const opening = 'fio version ';
const space = 0x20;
const tab = 0x09;

/**
 * fio's log of requests, version 2 and 3. Version 2 has `NAME ACTION OFFSET LENGTH`, and waits in microseconds in the column
 * of offsets; version 3 has the time in microseconds in front. `add`, `open` and `close` have no numbers.
 */
export const iologFormat: TraceFormat = {
  name: 'iolog',
  title: 'fio iolog',
  source: 'fio HOWTO, "Trace file format v2" and "v3"',
  recognises: (head) => head.length >= opening.length && isText(head, 0, opening.length, opening),
  open: (sink) => new LineReader(sink, new IologLines(sink)),
};

const operations: readonly (readonly [name: string, operation: Operation])[] = [
  ['read', Operation.read],
  ['write', Operation.write],
  ['trim', Operation.trim],
  ['sync', Operation.sync],
  ['datasync', Operation.sync],
];
const fileActions = ['add', 'open', 'close'];

class IologLines implements LineHandler {
  readonly #sink: TraceSink;
  readonly #names: DeviceNames;
  #version = 0;
  /** Where the last word that was looked for starts and ends. */
  #start = 0;
  #end = 0;

  constructor(sink: TraceSink) {
    this.#sink = sink;
    this.#names = new DeviceNames(sink);
  }

  line(bytes: Uint8Array, start: number, end: number): void {
    const problem = this.#version === 0 ? this.#header(bytes, start, end) : this.#read(bytes, start, end);
    if (problem !== undefined) this.#sink.bad(problem);
  }

  /** @returns what is wrong with the line, if something is */
  #read(bytes: Uint8Array, start: number, end: number): string | undefined {
    this.#end = start;
    this.#next(bytes, end);
    if (this.#start === end) return undefined;
    let timeUs = Number.NaN;
    if (this.#version === 3) {
      timeUs = parseDecimal(bytes, this.#start, this.#end);
      if (Number.isNaN(timeUs)) return 'a line of version 3 starts with a time in microseconds';
      this.#next(bytes, end);
    }
    const nameStart = this.#start;
    const nameEnd = this.#end;
    this.#next(bytes, end);
    const operation = operationOf(bytes, this.#start, this.#end);
    if (operation === undefined) return this.#otherAction(bytes, end);
    const offset = this.#number(bytes, end);
    if (Number.isNaN(offset) && operation !== Operation.sync) return this.#noNumber('the offset', bytes);
    const length = this.#number(bytes, end);
    if (Number.isNaN(length) && operation !== Operation.sync) return this.#noNumber('the length', bytes);
    this.#next(bytes, end);
    if (this.#start < end) return this.#tooMany(bytes);
    this.#sink.request(this.#names.numberOf(bytes, nameStart, nameEnd), operation, offset, length, timeUs);
    return undefined;
  }

  #number(bytes: Uint8Array, end: number): number {
    this.#next(bytes, end);
    return parseDecimal(bytes, this.#start, this.#end);
  }

  /** Moves to the next word of the line; an empty one at its end where there is none. */
  #next(bytes: Uint8Array, end: number): void {
    let start = this.#end;
    while (start < end && (bytes[start] === space || bytes[start] === tab)) start += 1;
    let stop = start;
    while (stop < end && bytes[stop] !== space && bytes[stop] !== tab) stop += 1;
    this.#start = start;
    this.#end = stop;
  }

  #header(bytes: Uint8Array, start: number, end: number): string | undefined {
    const [, digits] = /^fio version (\d{1,9}) iolog$/.exec(shownBytes(bytes, start, end)) ?? [];
    if (digits === undefined) return 'an iolog starts with the line: fio version 2 iolog';
    if (digits !== '2' && digits !== '3') return `iologs of version ${digits} are not read; 2 and 3 are`;
    this.#version = Number(digits);
    return undefined;
  }

  #otherAction(bytes: Uint8Array, end: number): string | undefined {
    const action = shownBytes(bytes, this.#start, this.#end);
    if (fileActions.includes(action)) {
      this.#next(bytes, end);
      if (this.#start < end) return this.#tooMany(bytes);
      this.#sink.passOver('file actions');
      return undefined;
    }
    if (action === '') return 'the line has no action';
    if (action !== 'wait' || this.#version !== 2) return `the action "${action}" is unknown`;
    const us = this.#number(bytes, end);
    if (Number.isNaN(us)) return this.#noNumber('the time of a wait', bytes);
    this.#sink.wait(us);
    return undefined;
  }

  #tooMany(bytes: Uint8Array): string {
    return `"${shownBytes(bytes, this.#start, this.#end)}" is one word too many`;
  }

  #noNumber(what: string, bytes: Uint8Array): string {
    return `${what} "${shownBytes(bytes, this.#start, this.#end)}" is not a whole number below 2^53`;
  }
}

function operationOf(bytes: Uint8Array, start: number, end: number): Operation | undefined {
  for (const [name, operation] of operations) if (isText(bytes, start, end, name)) return operation;
  return undefined;
}
