const space = 0x20;

/** Where the fields of a line lie, without spaces around them; the arrays are reused from line to line. */
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
    let from = start;
    for (let index = start; index <= end; index++) {
      if (index < end && bytes[index] !== delimiter) continue;
      let to = index;
      while (from < to && bytes[from] === space) from += 1;
      while (from < to && bytes[to - 1] === space) to -= 1;
      starts[count] = from;
      ends[count] = to;
      count += 1;
      from = index + 1;
    }
    return count;
  }
}
