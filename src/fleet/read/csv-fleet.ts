import { visibleText } from '../../engine/visible-text.ts';
import { InputError } from '../../errors.ts';
import { Column, columnNames, columnOf } from './columns.ts';
import { CsvRows, type RowFields } from './csv-rows.ts';
import type { FieldSpan } from './field-values.ts';
import type { FleetBuilder } from './fleet-builder.ts';

/** CSV with a line of headings: which column is which is told by its heading, in any order. */
export class CsvFleet {
  readonly #file: string;
  readonly #builder: FleetBuilder;
  readonly #rows: CsvRows;
  /** The column of each field, −1 where it is none of ours; undefined before the headings. */
  #columns: Int32Array | undefined;
  readonly #field: FieldSpan = { bytes: new Uint8Array(), start: 0, end: 0 };

  constructor(file: string, builder: FleetBuilder) {
    this.#file = file;
    this.#builder = builder;
    this.#rows = new CsvRows({
      row: (fields, line) => (this.#columns ? this.#row(this.#columns, fields, line) : this.#head(fields, line)),
      bad: (line, why) => {
        if (this.#columns) builder.bad(line, undefined, why);
        else throw new InputError({ file, line }, `the headings cannot be read: ${why}`, noTableHint);
      },
    });
  }

  push(chunk: Uint8Array): void {
    this.#rows.push(chunk);
  }

  end(): void {
    this.#rows.end();
  }

  #row(columns: Int32Array, fields: RowFields, line: number): void {
    const { bytes, starts, ends, count } = fields;
    if (count !== columns.length) {
      const has = `the row has ${count} ${count === 1 ? 'field' : 'fields'}, the headings ${columns.length}`;
      this.#builder.bad(line, undefined, has);
      return;
    }
    const field = this.#field;
    field.bytes = bytes;
    this.#builder.begin();
    for (let index = 0; index < count; index++) {
      const column = columns[index] as number;
      if (column === -1) continue;
      field.start = starts[index] as number;
      field.end = ends[index] as number;
      this.#builder.take(column as Column, field);
    }
    this.#builder.finish(line);
  }

  /** @throws InputError for headings that say the same, and where none is the disk's size */
  #head(fields: RowFields, line: number): void {
    const columns = new Int32Array(fields.count);
    const titles = new Map<Column, string>();
    for (let index = 0; index < fields.count; index++) {
      const title = Buffer.from(fields.bytes.subarray(fields.starts[index], fields.ends[index]))
        .toString('utf8')
        .trim();
      const column = columnOf(title);
      columns[index] = column ?? -1;
      const shown = visibleText(title.slice(0, 100));
      this.#builder.heading(shown, column);
      if (column === undefined) continue;
      const other = titles.get(column);
      if (other !== undefined) {
        throw new InputError(
          { file: this.#file, line },
          `the headings "${other}" and "${shown}" are the same column, ${columnNames[column]}`,
          {
            hint: 'Leave one of the two out, or give it another name.',
          },
        );
      }
      titles.set(column, shown);
    }
    if (!titles.has(Column.disk))
      throw new InputError({ file: this.#file, line }, 'no heading is the size of the disks', noTableHint);
    this.#columns = columns;
  }
}

const noTableHint = {
  hint: `The first line names the columns: disk (the virtual size), and any of ${Object.values(columnNames)
    .filter((name) => name !== 'disk')
    .join(', ')}.`,
};
