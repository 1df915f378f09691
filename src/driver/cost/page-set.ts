import { popCount } from '../../units/pop-count.ts';
import { hostBlockBytes } from '../host-file-state.ts';

/** Pages of one chunk: 128 MiB of file in 4 KiB of memory. */
const chunkBits = 15;
const chunkPages = 1 << chunkBits;
const chunkWords = chunkPages / 32;

/** A set of 4 KiB pages of a file. Memory is in proportion to the parts of the file that have any. */
export class PageSet {
  readonly #chunks = new Map<number, Uint32Array>();
  #lastIndex = -1;
  #last: Uint32Array | undefined;

  has(offset: number): boolean {
    const page = Math.floor(offset / hostBlockBytes);
    const chunk = this.#chunk(Math.floor(page / chunkPages));
    return chunk !== undefined && ((chunk[(page >>> 5) & (chunkWords - 1)] as number) & (1 << (page & 31))) !== 0;
  }

  /** Adds the pages that a range touches. @returns how many of them are new */
  add(offset: number, length: number): number {
    let page = Math.floor(offset / hostBlockBytes);
    const end = Math.floor((offset + length - 1) / hostBlockBytes) + 1;
    let added = 0;
    while (page < end) {
      const index = Math.floor(page / chunkPages);
      const chunk = this.#chunk(index) ?? this.#make(index);
      const stop = Math.min(end, (index + 1) * chunkPages);
      while (page < stop) {
        const bit = page & 31;
        const count = Math.min(32 - bit, stop - page);
        const mask = count === 32 ? 0xffff_ffff : (((1 << count) - 1) << bit) >>> 0;
        const word = (page >>> 5) & (chunkWords - 1);
        const before = chunk[word] as number;
        if ((before & mask) >>> 0 !== mask) {
          chunk[word] = before | mask;
          added += popCount(before | mask) - popCount(before);
        }
        page += count;
      }
    }
    return added;
  }

  clear(): void {
    this.#chunks.clear();
    this.#lastIndex = -1;
    this.#last = undefined;
  }

  #chunk(index: number): Uint32Array | undefined {
    if (index !== this.#lastIndex) {
      this.#lastIndex = index;
      this.#last = this.#chunks.get(index);
    }
    return this.#last;
  }

  #make(index: number): Uint32Array {
    const chunk = new Uint32Array(chunkWords);
    this.#chunks.set(index, chunk);
    this.#lastIndex = index;
    this.#last = chunk;
    return chunk;
  }
}
