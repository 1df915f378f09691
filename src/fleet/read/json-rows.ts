import { LineReader, type LineSink } from '../../workload/trace/line-reader.ts';
import { type Column, columnOf } from './columns.ts';
import type { FleetBuilder } from './fleet-builder.ts';

/** More than the values of a line can take: of 64 KiB, with numbers spelled out. */
const scratchBytes = 256 * 1024;

/** JSON lines: an object a line, its keys the columns, its values text, numbers or true and false. */
export class JsonRows {
  readonly #builder: FleetBuilder;
  readonly #lines: LineReader;
  /** Undefined is a key that is no column. */
  readonly #columns = new Map<string, Column | undefined>();
  readonly #scratch = Buffer.alloc(scratchBytes);

  constructor(builder: FleetBuilder) {
    this.#builder = builder;
    const sink: LineSink = { line: 0, bad: (why) => builder.bad(sink.line, undefined, why) };
    this.#lines = new LineReader(sink, {
      line: (bytes, start, end) =>
        this.#line(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start), sink.line),
    });
  }

  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  end(): void {
    this.#lines.end();
  }

  #line(bytes: Buffer, line: number): void {
    const text = bytes.toString('utf8');
    if (text.trim() === '') return;
    const row = parseObject(text);
    if (typeof row === 'string') {
      this.#builder.bad(line, undefined, row);
      return;
    }
    this.#builder.begin();
    const seen = new Map<Column, string>();
    let start = 0;
    for (const [key, value] of Object.entries(row)) {
      const column = this.#column(key);
      if (column === undefined || value === null) continue;
      const other = seen.get(column);
      if (other !== undefined) {
        this.#builder.bad(line, key, `says the same as "${other}"`);
        return;
      }
      seen.set(column, key);
      if (typeof value === 'object') {
        this.#builder.bad(line, key, 'is neither text nor a number');
        return;
      }
      // One behind the other: the name is looked at again when the row is whole.
      const end = start + this.#scratch.write(String(value), start);
      this.#builder.take(column, { bytes: this.#scratch, start, end });
      start = end;
    }
    this.#builder.finish(line);
  }

  #column(key: string): Column | undefined {
    if (this.#columns.has(key)) return this.#columns.get(key);
    const column = columnOf(key);
    this.#builder.heading(key, column);
    // A file may make up a new key in every line; what is kept of them is bounded.
    if (this.#columns.size < 1000) this.#columns.set(key, column);
    return column;
  }
}

/** The object, or why it is none. */
function parseObject(text: string): Readonly<Record<string, unknown>> | string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Readonly<Record<string, unknown>>; // checked to be an object just now
    return 'the line is not a JSON object';
  } catch {
    return 'the line is not JSON';
  }
}
