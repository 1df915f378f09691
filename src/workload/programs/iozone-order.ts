import { MersenneTwister64 } from './mersenne-twister-64.ts';

/** The key that iozone seeds its generator with before each shuffle. */
const key = [0x12345n, 0x23456n, 0x34567n, 0x45678n];

/**
 * The order of iozone's random tests: each record once, in the same order for reading and for writing and in every run.
 * The shuffle swaps each record with any other, as the original does.
 *
 * @param count records of the file, below 2^32
 * @source iozone 3.471, iozone.c, random_perf_test; equals the order of reads in an own recording of `-i 2 -r 4k -s 256m`
 */
export function iozoneRandomOrder(count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  const twister = new MersenneTwister64(key);
  for (let index = 0; index < count; index++) {
    const other = twister.below(count);
    const record = order[index] ?? 0;
    order[index] = order[other] ?? 0;
    order[other] = record;
  }
  return order;
}
