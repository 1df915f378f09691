/** Where the fields of a line lie; the arrays are reused from line to line. */
export class DelimitedFields {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly #delimiter: number;

  /** @param most fields of which the places are kept @param delimiter a byte, e.g. that of a comma */
  constructor(most: number, delimiter: number) {
    this.starts = new Int32Array(most);
    this.ends = new Int32Array(most);
    this.#delimiter = delimiter;
  }

  /** @returns how many fields the line has, of which only the first places are kept */
  split(bytes: Uint8Array, start: number, end: number): number {
    const { starts, ends } = this;
    const delimiter = this.#delimiter;
    let count = 0;
    starts[0] = start;
    for (let index = start; index < end; index++) {
      if (bytes[index] !== delimiter) continue;
      ends[count] = index;
      count += 1;
      starts[count] = index + 1;
    }
    ends[count] = end;
    return count + 1;
  }
}
