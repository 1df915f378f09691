/**
 * A number's place in a fixed shuffle of all 32-bit numbers, as a signed integer: what samples are drawn by, so that the
 * same places of a disk are followed in every run. The finaliser of splitmix32.
 */
export function sampleHash(key: number): number {
  let mixed = key | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}

/** Keys are followed whose hash is below this; for a rate of 1 that is all of them. */
export function followedBelow(rate: number): number {
  return Math.round((rate - 0.5) * 2 ** 32);
}
