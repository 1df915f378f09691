import { DiskGroups } from '../disk-groups.ts';
import type { Fleet } from '../fleet.ts';
import type { CurveBook } from '../miss-curve.ts';
import { BadRows } from './bad-rows.ts';
import { ByteArena } from './byte-arena.ts';
import { ByteNames } from './byte-names.ts';
import { Column } from './columns.ts';
import { type FieldSpan, trimField } from './field-values.ts';
import { RowReader } from './row-reader.ts';

/** Columns that are not read are named up to this many. */
const mostUnknown = 20;
/** Rows that are counted; their names would need more memory than there is. */
const mostRows = 2 ** 28;

/** Collects the disks of a fleet row by row, from whatever format. */
export class FleetBuilder {
  readonly #groups = new DiskGroups();
  readonly #names = new ByteArena();
  readonly #hosts = new ByteNames();
  readonly #bad: BadRows;
  readonly #row: RowReader;
  readonly #curves: CurveBook;
  readonly #file: string;
  readonly #columns = new Set<Column>();
  readonly #unknown = new Set<string>();
  readonly #name: FieldSpan = { bytes: new Uint8Array(), start: 0, end: 0 };
  #groupOfRow = new Uint32Array(1024);

  constructor(file: string, curves: CurveBook, skipCount: number) {
    this.#file = file;
    this.#curves = curves;
    this.#bad = new BadRows(file, skipCount);
    this.#row = new RowReader(this.#hosts, curves);
  }

  /** A column of the file, as it is headed there. */
  heading(title: string, column: Column | undefined): void {
    if (column !== undefined) this.#columns.add(column);
    else if (this.#unknown.size < mostUnknown) this.#unknown.add(title);
  }

  begin(): void {
    this.#row.begin();
    this.#name.start = 0;
    this.#name.end = 0;
  }

  take(column: Column, field: FieldSpan): void {
    trimField(field);
    if (field.start === field.end) return;
    if (column === Column.name) {
      // Kept until the row is known to be good; another field may come in the same memory.
      if (field.bytes !== this.#name.bytes) this.#name.bytes = field.bytes;
      this.#name.start = field.start;
      this.#name.end = field.end;
    } else {
      this.#row.take(column, field);
    }
  }

  finish(line: number): void {
    if (!this.#row.finish()) {
      const problem = this.#row.problem;
      this.bad(line, problem?.column, problem?.why ?? 'is no disk');
      return;
    }
    const row = this.#names.append(this.#name.bytes, this.#name.start, this.#name.end);
    if (row >= mostRows) this.bad(line, undefined, `the file has more than ${mostRows} rows`);
    if (row === this.#groupOfRow.length) {
      const larger = new Uint32Array(row * 2);
      larger.set(this.#groupOfRow);
      this.#groupOfRow = larger;
    }
    this.#groupOfRow[row] = this.#groups.add(this.#row.facts, row);
  }

  bad(line: number, column: string | undefined, why: string): void {
    this.#bad.add({ line, ...(column === undefined ? {} : { column }), why });
  }

  /** @throws InputError for bad rows */
  fleet(format: Fleet['format']): Fleet {
    this.#bad.finish();
    this.#groups.seal();
    return {
      file: this.#file,
      format,
      rowCount: this.#names.count,
      groups: this.#groups,
      names: this.#names,
      groupOfRow: this.#groupOfRow,
      hosts: this.#hosts,
      curves: this.#curves,
      columns: this.#columns,
      unknownColumns: [...this.#unknown],
      skipped: { count: this.#bad.count, examples: this.#bad.examples },
    };
  }
}
