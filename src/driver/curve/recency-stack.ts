import { popCount } from '../../units/pop-count.ts';

/** Moments that a new stack has room for, a power of two; 4 KiB of moments stay in the processor's first cache. */
const startMoments = 1024;

/**
 * Keys in the order of their last use, answering at which place a key stands when it is used again: its LRU stack
 * distance. Every use takes the next moment of a line; a moment is a hole once its key was used again. The place of a
 * key is the number of moments behind its own that are no holes, so one use is one query and one update of a Fenwick tree
 * that counts holes in words of 32 moments: O(log n) for n keys. When the line is full, its holes are squeezed out.
 *
 * Measured beside a move-to-front array (Node 20, millions of uses a second): 107 against 80 for 64 keys with much
 * locality, 46 against 6 for 512 keys used at random, 40 against 0.8 for 4,096. So there is one structure for all sizes.
 *
 * @source Mattson et al., "Evaluation techniques for storage hierarchies", 1970; Bennett and Kruskal, "LRU stack
 * processing", 1975; Fenwick, "A new data structure for cumulative frequency tables", 1994
 */
export class RecencyStack {
  /** Moment of a key's last use plus one; 0 for a key that was never used. */
  readonly #moment: Int32Array;
  /** Key by moment. */
  #key = new Int32Array(startMoments);
  /** One bit a moment, set where it is a hole. */
  #holes = new Int32Array(startMoments / 32);
  /** Fenwick tree over the set bits of each word, counted from 1. */
  #tree = new Int32Array(startMoments / 32 + 1);
  #now = 0;
  #size = 0;

  /** @param keyCount keys are whole numbers from 0 and below this, at most 2^31; memory is 4 bytes for each that is used */
  constructor(keyCount: number) {
    this.#moment = new Int32Array(keyCount);
  }

  /** How many keys are on the stack. */
  get size(): number {
    return this.#size;
  }

  /**
   * Puts a key on top of the stack. Answers its place before: 1 for the key that was used last, the number of keys for
   * the one that was not used for longest; 0 for a key that was not on the stack.
   */
  use(key: number): number {
    if (this.#now === this.#key.length) this.#squeeze();
    const now = this.#now++;
    const before = (this.#moment[key] as number) - 1;
    this.#moment[key] = now + 1;
    this.#key[now] = key;
    if (before < 0) {
      this.#size += 1;
      return 0;
    }
    const tree = this.#tree;
    const word = before >>> 5;
    const bit = before & 31;
    const bits = this.#holes[word] as number;
    let holes = popCount(bits & ((2 << bit) - 1));
    for (let node = word; node > 0; node &= node - 1) holes += tree[node] as number;
    this.#holes[word] = bits | (1 << bit);
    for (let node = word + 1; node < tree.length; node += node & -node) tree[node] = (tree[node] as number) + 1;
    return this.#size - before + holes;
  }

  /** Takes keys off the stack, leaving the order of the others. */
  keepOnly(kept: (key: number) => boolean): void {
    this.#squeeze(kept);
  }

  /** Moves all keys to the front of the line, and doubles it where they fill more than a quarter. */
  #squeeze(kept?: (key: number) => boolean): void {
    const keys = this.#key;
    const moments = this.#moment;
    let count = 0;
    for (let moment = 0; moment < this.#now; moment++) {
      if ((this.#holes[moment >>> 5] as number) & (1 << (moment & 31))) continue;
      const key = keys[moment] as number;
      if (kept !== undefined && !kept(key)) {
        moments[key] = 0;
        continue;
      }
      keys[count] = key;
      count += 1;
      moments[key] = count;
    }
    this.#now = count;
    this.#size = count;
    if (4 * count > keys.length) {
      this.#key = new Int32Array(2 * keys.length);
      this.#key.set(keys.subarray(0, count));
      this.#holes = new Int32Array(keys.length / 16);
      this.#tree = new Int32Array(keys.length / 16 + 1);
    } else {
      this.#holes.fill(0);
      this.#tree.fill(0);
    }
  }
}
