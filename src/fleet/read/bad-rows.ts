import { InputError } from '../../errors.ts';

/** Rows that are told by their line; more are only counted. */
const exampleCount = 5;

export interface BadRow {
  readonly line: number;
  /** Undefined where the row as a whole is meant. */
  readonly column?: string;
  readonly why: string;
}

/** Rows that are no disks. As many as the user allows are passed over, and counted; then, or at the end, they are an error. */
export class BadRows {
  readonly examples: BadRow[] = [];
  count = 0;
  readonly #file: string;
  readonly #skipCount: number;

  constructor(file: string, skipCount: number) {
    this.#file = file;
    this.#skipCount = skipCount;
  }

  /** @throws InputError once there are more than may be skipped, and enough to be told as examples */
  add(row: BadRow): void {
    this.count += 1;
    if (this.examples.length < exampleCount) this.examples.push(row);
    if (this.count > this.#skipCount && this.count >= exampleCount) this.#refuse(true);
  }

  /** @throws InputError where there were more than may be skipped */
  finish(): void {
    if (this.count > this.#skipCount) this.#refuse(false);
  }

  #refuse(goesOn: boolean): never {
    const [first, ...others] = this.examples;
    const more = others.map((row) => `\n  ${this.#file}:${row.line}: ${reasonOf(row)}`).join('');
    const rest = this.count - this.examples.length;
    const end = goesOn ? '\n  reading stopped here' : rest > 0 ? `\n  and ${rest} more` : '';
    throw new InputError({ file: this.#file, line: first?.line ?? 1 }, `${first ? reasonOf(first) : ''}${more}${end}`, {
      hint: 'Correct the rows, or let up to N of them be left out with --skip-bad N.',
    });
  }
}

/** The column and what is wrong with it. */
export function reasonOf({ column, why }: BadRow): string {
  return column === undefined ? why : `${column}: ${why}`;
}
