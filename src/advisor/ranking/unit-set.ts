import { PageSet } from '../../driver/cost/page-set.ts';
import { hostBlockBytes } from '../../driver/host-file-state.ts';

/** Which units of a disk were touched. Memory is in proportion to the parts of the disk that have any: one bit for each unit. */
export class UnitSet {
  readonly #unitBytes: number;
  readonly #pages = new PageSet();

  /** @param unitBytes a power of two */
  constructor(unitBytes: number) {
    this.#unitBytes = unitBytes;
  }

  /** Touches the units of a range of at least one byte. @returns whether one of them is new */
  add(offset: number, length: number): boolean {
    const first = Math.floor(offset / this.#unitBytes);
    const count = Math.floor((offset + length - 1) / this.#unitBytes) - first + 1;
    return this.#pages.add(first * hostBlockBytes, count * hostBlockBytes) > 0;
  }

  /** Whether the first and the last unit of a range were touched. */
  hasEnds(offset: number, length: number): boolean {
    return this.has(offset) && this.has(offset + length - 1);
  }

  has(offset: number): boolean {
    return this.#pages.has(Math.floor(offset / this.#unitBytes) * hostBlockBytes);
  }
}
