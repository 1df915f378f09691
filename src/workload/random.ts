const twoTo26 = 2 ** 26;
const perTwoTo53 = 2 ** -53;

/**
 * The generator behind every pattern: xoshiro128** 1.1 by Blackman and Vigna, period 2^128 − 1, seeded by splitmix32.
 *
 * Why not a library: patterns draw a hundred million numbers in a bench, so the state lives in a typed array, which
 * is never boxed, and only 32-bit integer operations and exact IEEE products are used, so that
 * every machine and Node version gives the same requests. Not for statistics or secrets.
 *
 * @source Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018; xoshiro128starstar.c
 */
export class Random {
  readonly #state = new Int32Array(4);

  /** @param seed a whole number, 0 to 2^53 − 1 @param stream numbers of an independent stream, e.g. phase and purpose */
  constructor(seed: number, ...stream: readonly number[]) {
    let state = mixed((seed >>> 0) ^ 0x9e3779b9);
    state = mixed(state ^ (Math.floor(seed / 2 ** 32) | 0));
    for (const number of stream) state = mixed((state + 0x9e3779b9) ^ Math.imul(number + 1, 0x85ebca6b));
    const word = (): number => {
      state = (state + 0x9e3779b9) | 0;
      return mixed(state);
    };
    this.#state.set([word(), word(), word()]);
    // One word is forced odd: the all-zero state is the only one that xoshiro cannot leave.
    this.#state[3] = word() | 1;
  }

  /** Uniform on 0 … 2^32 − 1. */
  uint32(): number {
    const state = this.#state;
    const b = state[1] ?? 0;
    const scrambled = Math.imul(b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const c = (state[2] ?? 0) ^ (state[0] ?? 0);
    const d = (state[3] ?? 0) ^ b;
    state[1] = b ^ c;
    state[0] = (state[0] ?? 0) ^ d;
    state[2] = c ^ (b << 9);
    state[3] = (d << 11) | (d >>> 21);
    return result;
  }

  /** Uniform on 0 … 2^31 − 1: the widest draw that V8 never boxes. */
  uint31(): number {
    return this.uint32() >>> 1;
  }

  /** Uniform on [0, 1), 53 bits. */
  fraction(): number {
    const high = this.uint32() >>> 5;
    return (high * twoTo26 + (this.uint32() >>> 6)) * perTwoTo53;
  }

  /** Uniform on 0 … count − 1. The bias is below count / 2^53: one in four million for 2^31 records. */
  below(count: number): number {
    return Math.floor(this.fraction() * count);
  }
}

/** The finaliser of splitmix32. */
function mixed(value: number): number {
  let z = value | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return z ^ (z >>> 15);
}
