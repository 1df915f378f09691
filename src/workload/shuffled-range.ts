import type { Random } from './random.ts';

const roundCount = 4;

/**
 * A random permutation of 0 … count − 1 in constant memory: a four-round Feistel network over the next power of two,
 * walked until it lands inside the range (fewer than two steps on average). A 2 TiB disk has 537 million records of
 * 4 KiB; a shuffled array of them would take 4 GB.
 *
 * @source Black and Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002 (cycle walking)
 */
export class ShuffledRange {
  readonly count: number;
  readonly #lowBits: number;
  readonly #highMask: number;
  readonly #lowMask: number;
  readonly #keys = new Int32Array(roundCount);

  /** @param count 1 to 2^53 − 1 */
  constructor(count: number, random: Random) {
    this.count = count;
    let bits = 2;
    while (2 ** bits < count) bits += 1;
    this.#lowBits = 2 ** Math.ceil(bits / 2);
    this.#lowMask = this.#lowBits - 1;
    this.#highMask = 2 ** Math.floor(bits / 2) - 1;
    for (let round = 0; round < roundCount; round++) this.#keys[round] = random.uint32() | 0;
  }

  /** The record at a place of the order; `index` is 0 … count − 1. */
  at(index: number): number {
    let value = index;
    do {
      let high = Math.floor(value / this.#lowBits);
      let low = value - high * this.#lowBits;
      // Alternating sides with fixed masks, so halves may differ by a bit.
      for (let round = 0; round < roundCount; round += 2) {
        high = (high ^ hash(low, this.#keys[round] ?? 0)) & this.#highMask;
        low = (low ^ hash(high, this.#keys[round + 1] ?? 0)) & this.#lowMask;
      }
      value = high * this.#lowBits + low;
    } while (value >= this.count);
    return value;
  }
}

function hash(value: number, key: number): number {
  let z = (value ^ key) | 0;
  z = Math.imul(z ^ (z >>> 15), 0x2c1b3c6d);
  z = Math.imul(z ^ (z >>> 12), 0x297a2d39);
  return z ^ (z >>> 15);
}
