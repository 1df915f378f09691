const length = 624;
const middle = 397;

/**
 * MT19937 as PostMark 1.5 carries it: seeded with the 1999 routine (two steps of the generator 69069 s + 1 for each
 * word), not the `init_genrand` of 2002 that most libraries offer, so a library cannot stand in.
 *
 * @source Matsumoto and Nishimura, mt19937int.c, 1999 revision, sgenrand; PostMark 1.51, postmark.c
 */
export class MersenneTwister1999 {
  readonly #state = new Uint32Array(length);
  #index = length;

  constructor(seed: number) {
    let value = seed | 0;
    const step = (): number => {
      const high = value & 0xffff0000;
      value = (Math.imul(value, 69069) + 1) | 0;
      return high;
    };
    for (let index = 0; index < length; index++) {
      const high = step();
      this.#state[index] = high | (step() >>> 16);
    }
  }

  /** Uniform on 0 … 2^32 − 1. */
  uint32(): number {
    if (this.#index === length) this.#renew();
    let y = this.#state[this.#index++] ?? 0;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** PostMark's `RND`: the next 32-bit number modulo `count`; 0 and no draw where `count` is not positive. */
  below(count: number): number {
    return count > 0 ? this.uint32() % count : 0;
  }

  #renew(): void {
    const state = this.#state;
    for (let index = 0; index < length; index++) {
      const y = ((state[index] ?? 0) & 0x80000000) | ((state[(index + 1) % length] ?? 0) & 0x7fffffff);
      state[index] = (state[(index + middle) % length] ?? 0) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#index = 0;
  }
}
