/** One more than the largest draw. */
export const drawCount = 2 ** 32;

/**
 * The generator that fio draws with by default, so that a job makes the very requests that fio makes of it: a combined
 * Tausworthe generator of three words, period 2^88, seeded by a linear congruence.
 *
 * @source L'Ecuyer, "Maximally equidistributed combined Tausworthe generators", Mathematics of Computation 65, 1996
 * (taus88); the seeding as in fio 3.33, lib/rand.c
 */
export class Taus88 {
  readonly #state = new Int32Array(3);

  /** @param seed its low 32 bits count */
  constructor(seed: number) {
    this.seed(seed);
  }

  seed(seed: number): void {
    const state = this.#state;
    let word = 53;
    for (let index = 0; index < 3; index++) {
      word = (Math.imul(word, 69069) ^ seed) >>> 0;
      // Words below these have too few bits set for their shift register.
      const least = [1, 7, 15][index] ?? 0;
      if (word < least) word += least;
      state[index] = word;
    }
    for (let warmUp = 0; warmUp < 6; warmUp++) this.next();
  }

  /** Uniform on 0 … 2^32 − 1. */
  next(): number {
    const state = this.#state;
    const s1 = state[0] ?? 0;
    const s2 = state[1] ?? 0;
    const s3 = state[2] ?? 0;
    const t1 = ((s1 & -2) << 12) ^ (((s1 << 13) ^ s1) >>> 19);
    const t2 = ((s2 & -8) << 4) ^ (((s2 << 2) ^ s2) >>> 25);
    const t3 = ((s3 & -16) << 17) ^ (((s3 << 3) ^ s3) >>> 11);
    state[0] = t1;
    state[1] = t2;
    state[2] = t3;
    return (t1 ^ t2 ^ t3) >>> 0;
  }

  /** Uniform on 0 … count − 1. The product is a double, so that counts above 2^32 leave gaps, as in fio. */
  below(count: number): number {
    return Math.floor(count * (this.next() / drawCount));
  }

  /** Uniform on 1 … 100. */
  percent(): number {
    return 1 + this.below(100);
  }
}
