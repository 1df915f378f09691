/** Uniform numbers that depend on a seed and nothing else: the same on every machine and in every release. */
export interface RandomSource {
  /** The next 32 random bits as a whole number, 0…2^32 - 1. */
  next(): number;
  /** A whole number in [0, bound). Its bias is below bound / 2^32, nothing against the error of a resampling. */
  below(bound: number): number;
}

/** Four words of 32 bits, not all zero. */
export type Xoshiro128State = readonly [number, number, number, number];

const mask64 = (1n << 64n) - 1n;

/**
 * One step of splitmix64: the new state and the output, both 64 bits. Only used to turn a seed into a state.
 * @source Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014
 */
export function splitmix64(state: bigint): readonly [state: bigint, output: bigint] {
  const next = (state + 0x9e3779b97f4a7c15n) & mask64;
  let mixed = next;
  mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & mask64;
  mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & mask64;
  return [next, mixed ^ (mixed >> 31n)];
}

/**
 * xoshiro128**, 32 bits a step, period 2^128 - 1: fast without 64-bit integers, and its stream is fixed by the paper,
 * which a library's is only until its next major release.
 * @source Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47 (2021)
 */
export function xoshiro128(state: Xoshiro128State): RandomSource {
  let [s0, s1, s2, s3] = state;
  const next = (): number => {
    const output = Math.imul(rotate(Math.imul(s1, 5), 7), 9) >>> 0;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = rotate(s3, 11);
    return output;
  };
  return { next, below: (bound) => Math.floor((next() * bound) / 2 ** 32) };
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/**
 * A generator for a seed. @param seed a whole number up to 2^53; near seeds give unrelated streams
 */
export function createRandom(seed: number): RandomSource {
  const [first, low] = splitmix64(BigInt.asUintN(64, BigInt(Math.trunc(seed))));
  const [, high] = splitmix64(first);
  const word = (value: bigint): number => Number(BigInt.asIntN(32, value));
  return xoshiro128([word(low), word(low >> 32n), word(high), word(high >> 32n)]);
}
