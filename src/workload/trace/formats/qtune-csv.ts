import { Operation } from '../../request.ts';
import { isText, parseDecimal, parseFixed, shownBytes } from '../byte-numbers.ts';
import { DelimitedFields } from '../delimited-fields.ts';
import { type LineHandler, LineReader } from '../line-reader.ts';
import type { TraceFormat, TraceSink } from '../trace-format.ts';

const header = 't_us,op,offset,length,flags';
const writeZeroes = 0x4e;
const zeroesNote = 'requests to write zeroes are taken as trims: neither stores data';

/**
 * CSV with one request a line under the header `t_us,op,offset,length,flags`: microseconds, R W D (discard) F (flush) or N
 * (write zeroes), bytes. The flags (S sync, M metadata, A read-ahead, P preflush, U FUA) are not kept.
 */
export const qtuneCsvFormat: TraceFormat = {
  name: 'qtune-csv',
  title: 'CSV of block requests',
  source: 'the header line of the file',
  recognises: (head) => head.length >= header.length && isText(head, 0, header.length, header),
  open: (sink) => new LineReader(sink, new QtuneCsvLines(sink)),
};

class QtuneCsvLines implements LineHandler {
  readonly #sink: TraceSink;
  readonly #fields = new DelimitedFields(5, 0x2c);
  #device = -1;

  constructor(sink: TraceSink) {
    this.#sink = sink;
  }

  line(bytes: Uint8Array, start: number, end: number): void {
    const problem = this.#device < 0 ? this.#header(bytes, start, end) : this.#read(bytes, start, end);
    if (problem !== undefined) this.#sink.bad(problem);
  }

  #header(bytes: Uint8Array, start: number, end: number): string | undefined {
    if (!isText(bytes, start, end, header)) return `the first line is ${header}`;
    this.#device = this.#sink.device('disk');
    return undefined;
  }

  /** @returns what is wrong with the line, if something is */
  #read(bytes: Uint8Array, start: number, end: number): string | undefined {
    if (start === end) return undefined;
    const { starts, ends } = this.#fields;
    const count = this.#fields.split(bytes, start, end);
    if (count !== 5) return `the line has ${count} columns in place of 5`;
    const timeUs = parseFixed(bytes, starts[0] as number, ends[0] as number, 1);
    if (Number.isNaN(timeUs)) return this.#noNumber('the time', bytes, 0);
    const operation = operationOf(bytes, starts[1] as number, ends[1] as number);
    if (operation === undefined) return `the operation "${this.#shown(bytes, 1)}" is none of R, W, D, F and N`;
    const offset = parseDecimal(bytes, starts[2] as number, ends[2] as number);
    if (Number.isNaN(offset)) return this.#noNumber('the offset', bytes, 2);
    const length = parseDecimal(bytes, starts[3] as number, ends[3] as number);
    if (Number.isNaN(length)) return this.#noNumber('the length', bytes, 3);
    if (bytes[starts[1] as number] === writeZeroes) this.#sink.note(zeroesNote);
    this.#sink.request(this.#device, operation, offset, length, timeUs);
    return undefined;
  }

  #noNumber(what: string, bytes: Uint8Array, column: number): string {
    return `${what} "${this.#shown(bytes, column)}" is not a whole number below 2^53`;
  }

  #shown(bytes: Uint8Array, column: number): string {
    return shownBytes(bytes, this.#fields.starts[column] as number, this.#fields.ends[column] as number);
  }
}

function operationOf(bytes: Uint8Array, start: number, end: number): Operation | undefined {
  if (end - start !== 1) return undefined;
  switch (bytes[start]) {
    case 0x52:
      return Operation.read;
    case 0x57:
      return Operation.write;
    case 0x44:
    case writeZeroes:
      return Operation.trim;
    case 0x46:
      return Operation.sync;
    default:
      return undefined;
  }
}
