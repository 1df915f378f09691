import { Operation, type RequestBlock } from '../request.ts';

/** A sector, a file-system block, QEMU's default cluster. */
const alignments = [512, 4096, 65_536] as const;

/** Shares of data requests. */
export interface AlignmentRatio {
  readonly bytes: number;
  /** Start at a multiple of `bytes`. */
  readonly startRatio: number;
  /** Start and end at one. */
  readonly ratio: number;
  /** Touch more units of `bytes` than they would if they started at a multiple: one more lookup, one more partial write. */
  readonly straddlingRatio: number;
}

/** Counts how requests lie on the grid of sectors, blocks and clusters. */
export class AlignmentCounts {
  #count = 0;
  readonly #starts = new Float64Array(alignments.length);
  readonly #both = new Float64Array(alignments.length);
  readonly #straddling = new Float64Array(alignments.length);

  add({ count, operation, offsetBytes, lengthBytes }: RequestBlock): void {
    const [starts, both, straddling] = [this.#starts, this.#both, this.#straddling];
    for (let index = 0; index < count; index++) {
      if (operation[index] === Operation.sync) continue;
      this.#count += 1;
      // The low bits decide, and 2^32 is a multiple of every alignment.
      const offset = (offsetBytes[index] as number) | 0;
      const length = (lengthBytes[index] as number) | 0;
      for (let grid = 0; grid < alignments.length; grid++) {
        const low = (alignments[grid] as number) - 1;
        const rest = length & low;
        if ((offset & low) === 0) {
          starts[grid] = (starts[grid] as number) + 1;
          if (rest === 0) both[grid] = (both[grid] as number) + 1;
        } else if (rest === 0 || (offset & low) + rest > low + 1) {
          straddling[grid] = (straddling[grid] as number) + 1;
        }
      }
    }
  }

  ratios(): readonly AlignmentRatio[] {
    const of = (count: number | undefined): number => (this.#count === 0 ? 0 : (count ?? 0) / this.#count);
    return alignments.map((bytes, grid) => ({
      bytes,
      startRatio: of(this.#starts[grid]),
      ratio: of(this.#both[grid]),
      straddlingRatio: of(this.#straddling[grid]),
    }));
  }
}
