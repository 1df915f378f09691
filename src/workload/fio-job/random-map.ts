/** The most blocks that the maps of a file's jobs may hold together: half a gigabyte of memory. */
export const maximumMapBlockCount = 2 ** 32;

const bitsPerWord = 32;

/**
 * Which blocks have been visited, a bit each, under levels whose bits say which words below are full, so that the next free
 * block is found in a few steps however full the map is. What fio calls its random map.
 */
export class RandomMap {
  readonly #count: number;
  /** From the blocks themselves up to a level of one word. */
  readonly #levels: readonly Uint32Array[];

  /** @param count at least 1 */
  constructor(count: number) {
    this.#count = count;
    const levels: Uint32Array[] = [];
    for (let bits = count; ; bits = Math.ceil(bits / bitsPerWord)) {
      levels.push(new Uint32Array(Math.ceil(bits / bitsPerWord)));
      if (bits <= bitsPerWord) break;
    }
    this.#levels = levels;
    this.clear();
  }

  clear(): void {
    for (const [index, level] of this.#levels.entries()) {
      level.fill(0);
      // What is past the end counts as visited.
      let bits = this.#count;
      for (let below = 0; below < index; below++) bits = Math.ceil(bits / bitsPerWord);
      const used = bits % bitsPerWord;
      if (used > 0) level[level.length - 1] = (0xffffffff << used) >>> 0;
    }
  }

  isFree(block: number): boolean {
    if (block >= this.#count) return false;
    return (((this.#levels[0]?.[Math.floor(block / bitsPerWord)] ?? 0) >>> (block % bitsPerWord)) & 1) === 0;
  }

  /** The first free block behind one, going on from the start after the last; −1 where there is none. */
  nextFree(block: number): number {
    const next = block + 1 >= this.#count ? 0 : block + 1;
    const found = this.#firstFree(next);
    return found === -1 && next > 0 ? this.#firstFree(0) : found;
  }

  /** Marks blocks from `block` on, up to the first that is marked already or the end. @returns how many */
  mark(block: number, wanted: number): number {
    let marked = 0;
    while (marked < wanted && this.isFree(block + marked)) {
      this.#set(block + marked);
      marked += 1;
    }
    return marked;
  }

  #set(block: number): void {
    let index = block;
    for (const level of this.#levels) {
      const word = Math.floor(index / bitsPerWord);
      const bits = ((level[word] ?? 0) | (1 << (index % bitsPerWord))) >>> 0;
      level[word] = bits;
      if (bits !== 0xffffffff) return;
      index = word;
    }
  }

  #firstFree(from: number): number {
    let index = from;
    let height = 0;
    // Up, until a word has a free bit at or behind the place; a free bit above stands for a word with one below.
    for (; height < this.#levels.length; height++) {
      const level = this.#levels[height];
      const word = Math.floor(index / bitsPerWord);
      if (level === undefined || word >= level.length) return -1;
      const free = ~(level[word] ?? 0) & (-1 << (index % bitsPerWord));
      if (free !== 0) {
        index = word * bitsPerWord + lowestBit(free);
        break;
      }
      index = word + 1;
    }
    if (height === this.#levels.length) return -1;
    // Down again, each time to the first free bit.
    while (height > 0) {
      height -= 1;
      index = index * bitsPerWord + lowestBit(~(this.#levels[height]?.[index] ?? 0));
    }
    return index;
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
