import { popCount } from '../../units/pop-count.ts';
import { RegionTable } from './region-table.ts';

/** Units of a region are 2^12: one bit each. */
export const regionBits = 12;
const regionUnits = 2 ** regionBits;
const regionWords = regionUnits / 32;

/** Units are counted alone and in groups of 2, 4, … 4096 that lie at multiples of their size. */
export const levelCount = regionBits + 1;

/** Masks of the bits that stand for groups of 2, 4, 8 and 16 units after folding a word. */
const folded = [0x5555_5555, 0x1111_1111, 0x0101_0101, 0x0001_0001] as const;
/** log2 of the bits of a word. */
const wordLevel = 5;

/**
 * Which units of a disk were touched, and how many groups of 2^level units: with units of 512 bytes the clusters of every
 * size from 512 to 2 MiB at once. 512 bytes of memory for each region of 4096 units; beyond the bound an estimate from
 * a sample of the regions (see {@link RegionTable}).
 */
export class UnitMap {
  /** Groups of 2^level units with at least one unit that was touched, by level. */
  readonly touched = new Float64Array(levelCount);
  readonly #table: RegionTable;

  /** @param maximumBytes memory of the bits */
  constructor(maximumBytes: number) {
    this.#table = new RegionTable(regionWords, maximumBytes);
  }

  /** One over the share of the regions that is followed; 1 where the counts are exact. */
  get weight(): number {
    return this.#table.weight;
  }

  /**
   * Touches the units `first` to `last`, whole numbers below 2^44.
   * @returns the greatest level of which a group was touched for the first time, as far as regions are followed; -1 for none
   */
  add(first: number, last: number): number {
    let level = -1;
    let region = Math.floor(first / regionUnits);
    let from = first - region * regionUnits;
    for (let left = last - first; left >= 0; region++) {
      const to = Math.min(from + left, regionUnits - 1);
      if (this.#table.find(region)) level = Math.max(level, this.#mark(from, to));
      left -= to - from + 1;
      from = 0;
    }
    return level;
  }

  /**
   * The greatest level whose group around a unit has not been touched at all: -1 where the unit itself was, and where its
   * region is not followed.
   */
  emptyLevel(unit: number): number {
    const region = Math.floor(unit / regionUnits);
    if (!this.#table.find(region)) return -1;
    const { words, base } = this.#table;
    const within = unit - region * regionUnits;
    const word = words[base + (within >>> wordLevel)] as number;
    if (word === 0) return emptyAround(words, base, within >>> wordLevel);
    let level = -1;
    for (let size = 1; size < 32; size *= 2) {
      const group = ((2 ** size - 1) << (within & 31 & -size)) | 0;
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
      for (let word = 0; word < regionWords; word++) units += popCount(words[base + word] as number);
      sum += units;
      squares += units * units;
    });
    return Math.sqrt((1 - 1 / weight) * squares) / sum;
  }

  /** Marks units of the region that was found last. */
  #mark(from: number, to: number): number {
    const { words, base } = this.#table;
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
