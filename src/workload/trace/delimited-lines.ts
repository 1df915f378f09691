import { Operation } from '../request.ts';
import { parseDecimal, parseFixed, shownBytes } from './byte-numbers.ts';
import { DelimitedFields } from './delimited-fields.ts';
import type { LineHandler } from './line-reader.ts';
import type { TraceSink } from './trace-format.ts';

const comma = 0x2c;
const nothing = new Uint8Array(0);

/** How the columns of a format with delimiters are laid out. */
export interface DelimitedLayout {
  /** How many columns a line has, at least and at most. */
  readonly columnCount: readonly [least: number, most: number];
  /** A byte; a comma by default. */
  readonly delimiter?: number;
  /** Column names, where a file may have them in its first line. */
  readonly header?: string;
}

/** A format whose lines have columns between delimiters. Its own part is to make a request of one line. */
export abstract class DelimitedLines implements LineHandler {
  protected readonly sink: TraceSink;
  readonly #layout: DelimitedLayout;
  readonly #fields: DelimitedFields;
  #bytes: Uint8Array = nothing;

  constructor(sink: TraceSink, layout: DelimitedLayout) {
    this.sink = sink;
    this.#layout = layout;
    this.#fields = new DelimitedFields(layout.columnCount[1], layout.delimiter ?? comma);
  }

  line(bytes: Uint8Array, start: number, end: number): void {
    if (start === end) return;
    this.#bytes = bytes;
    const count = this.#fields.split(bytes, start, end);
    const [least, most] = this.#layout.columnCount;
    if (count < least || count > most) {
      const wanted = least === most ? `${least}` : most > 100 ? `${least} or more` : `${least} to ${most}`;
      this.sink.bad(`the line has ${count} columns in place of ${wanted}`);
      return;
    }
    if (this.sink.line === 1 && this.#isHeader(start, end)) return;
    const problem = this.request(bytes);
    if (problem !== undefined) this.sink.bad(problem);
  }

  /**
   * Hands the request of the line at hand to the sink.
   * @returns what is wrong with the line, if something is
   */
  protected abstract request(bytes: Uint8Array): string | undefined;

  protected startOf(column: number): number {
    return this.#fields.starts[column] as number;
  }

  protected endOf(column: number): number {
    return this.#fields.ends[column] as number;
  }

  /** The first byte of a column, as a small letter; 0 where it is empty. */
  protected letter(column: number): number {
    const start = this.startOf(column);
    return start === this.endOf(column) ? 0 : (this.#bytes[start] as number) | 0x20;
  }

  /** By the first letter, r or w in whatever case. */
  protected readOrWrite(column: number): Operation | undefined {
    const letter = this.letter(column);
    return letter === 0x72 ? Operation.read : letter === 0x77 ? Operation.write : undefined;
  }

  /** NaN where it is no whole number below 2^53. */
  protected whole(column: number): number {
    return parseDecimal(this.#bytes, this.startOf(column), this.endOf(column));
  }

  /** See {@link parseFixed}. */
  protected fixed(column: number, unitsPerWhole: number): number {
    return parseFixed(this.#bytes, this.startOf(column), this.endOf(column), unitsPerWhole);
  }

  /** For messages: the text of a column. */
  protected shown(column: number): string {
    return shownBytes(this.#bytes, this.startOf(column), this.endOf(column));
  }

  protected noNumber(what: string, column: number): string {
    return `${what} "${this.shown(column)}" is not a whole number below 2^53`;
  }

  protected noTime(column: number): string {
    return `the time "${this.shown(column)}" is not a number`;
  }

  #isHeader(start: number, end: number): boolean {
    const { header } = this.#layout;
    if (header === undefined || end - start !== header.length) return false;
    return Buffer.from(this.#bytes.subarray(start, end)).toString('latin1').toLowerCase() === header.toLowerCase();
  }
}
