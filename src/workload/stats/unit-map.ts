import { popCount } from '../../units/pop-count.ts';
import { RegionTable } from './region-table.ts';

/** Units of a region are 2^12: one bit each. */
export const regionBits = 12;
const regionUnits = 2 ** regionBits;
/** Words that the bits of a region take. */
export const regionWords = regionUnits / 32;

/** Units are counted alone and in groups of 2, 4, … 4096 that lie at multiples of their size. */
export const levelCount = regionBits + 1;

/** Masks of the bits that stand for groups of 2, 4, 8 and 16 units after folding a word. */
const folded = [0x5555_5555, 0x1111_1111, 0x0101_0101, 0x0001_0001] as const;
/** log2 of the bits of a word. */
const wordLevel = 5;

/**
 * Which units of a disk were touched, and how many groups of 2^level units: with units of 512 bytes the clusters of every
 * size from 512 to 2 MiB at once. 512 bytes in the record of each region of 4096 units; where the table follows a sample
 * of the regions, the counts are estimates (see {@link RegionTable}).
 */
export class UnitBits {
  /** Groups of 2^level units with at least one unit that was touched, by level. */
  readonly touched = new Float64Array(levelCount);
  readonly #table: RegionTable;
  readonly #firstWord: number;

  /** @param firstWord where in a record of the table the bits begin; they take {@link regionWords} words */
  constructor(table: RegionTable, firstWord: number) {
    this.#table = table;
    this.#firstWord = firstWord;
  }

  /**
   * The greatest level whose group around a unit has not been touched at all; -1 where the unit itself was.
   * @param unit of the region that the table found last
   */
  emptyLevel(unit: number): number {
    const { words } = this.#table;
    const base = this.#table.base + this.#firstWord;
    const word = words[base + (unit >>> wordLevel)] as number;
    if (word === 0) return emptyAround(words, base, unit >>> wordLevel);
    let level = -1;
    for (let size = 1; size < 32; size *= 2) {
      const group = ((2 ** size - 1) << (unit & 31 & -size)) | 0;
      if ((word & group) !== 0) break;
      level += 1;
    }
    return level;
  }

  /** Standard error of the number of touched units as a share of it: 0 where it is exact. */
  relativeError(): number {
    const { weight } = this.#table;
    if (weight === 1) return 0;
    let sum = 0;
    let squares = 0;
    this.#table.forEach((words, base) => {
      let units = 0;
      const from = base + this.#firstWord;
      for (let at = from; at < from + regionWords; at++) units += popCount(words[at] as number);
      sum += units;
      squares += units * units;
    });
    return sum === 0 ? 0 : Math.sqrt((1 - 1 / weight) * squares) / sum;
  }

  /**
   * Touches the units `from` to `to` of the region that the table found last.
   * @returns the greatest level of which a group was touched for the first time; -1 for none
   */
  mark(from: number, to: number): number {
    const { words } = this.#table;
    const base = this.#table.base + this.#firstWord;
    let level = -1;
    const lastWord = to >>> wordLevel;
    for (let word = from >>> wordLevel; word <= lastWord; word++) {
      const low = word === from >>> wordLevel ? -1 << (from & 31) : -1;
      const high = word === lastWord ? -1 >>> (31 - (to & 31)) : -1;
      const before = words[base + word] as number;
      const after = before | (low & high);
      if (after === before) continue;
      const upper = before === 0 ? emptyAround(words, base, word) : -1;
      words[base + word] = after;
      level = Math.max(level, this.#count(before, after, upper));
    }
    return level;
  }

  /** @param upper the greatest level whose group around the word was empty; -1 where the word was not */
  #count(before: number, after: number, upper: number): number {
    const { touched } = this;
    const { weight } = this.#table;
    let [old, now] = [before, after];
    touched[0] = (touched[0] as number) + weight * popCount(old ^ now);
    for (let level = 1; level < wordLevel; level++) {
      const shift = 1 << (level - 1);
      const mask = folded[level - 1] as number;
      old = (old | (old >>> shift)) & mask;
      now = (now | (now >>> shift)) & mask;
      if (old === now) return level - 1;
      touched[level] = (touched[level] as number) + weight * popCount(old ^ now);
    }
    for (let level = wordLevel; level <= upper; level++) touched[level] = (touched[level] as number) + weight;
    return Math.max(upper, wordLevel - 1);
  }
}

/** The greatest level whose group around an empty word has no bit set: a group of level 5 is a word. */
function emptyAround(words: Int32Array, base: number, word: number): number {
  let level = wordLevel;
  for (let size = 1; size < regionWords; size *= 2) {
    const sibling = base + ((word & -size) ^ size);
    for (let at = sibling; at < sibling + size; at++) if (words[at] !== 0) return level;
    level += 1;
  }
  return level;
}

/** {@link UnitBits} with a table of their own. */
export class UnitMap {
  readonly #table: RegionTable;
  readonly #bits: UnitBits;

  /** @param maximumBytes memory of the bits */
  constructor(maximumBytes: number) {
    this.#table = new RegionTable(regionWords, maximumBytes);
    this.#bits = new UnitBits(this.#table, 0);
  }

  /** As {@link UnitBits.touched}. */
  get touched(): Float64Array {
    return this.#bits.touched;
  }

  /** @param unit a whole number below 2^44 */
  add(unit: number): void {
    const region = Math.floor(unit / regionUnits);
    const within = unit - region * regionUnits;
    if (this.#table.find(region)) this.#bits.mark(within, within);
  }
}
