/** Bins of one power of two: a bin is at most 1/32 of its smallest value wide. */
const binBits = 5;

/** Bins of all whole numbers from 0 to 2^31 − 1. */
export const binCount = (26 << binBits) + (1 << binBits);

/** The bin that holds a whole number, 0 … 2^31 − 1. Numbers below 64 have bins of their own. */
export function binOf(value: number): number {
  const shift = Math.max(0, 31 - binBits - Math.clz32(value));
  return (shift << binBits) + (value >>> shift);
}

/** The smallest number of a bin. */
export function binStart(bin: number): number {
  const shift = Math.max(0, (bin >>> binBits) - 1);
  return (bin - (shift << binBits)) * 2 ** shift;
}

/** Turns counts by bin into counts of that bin and all later ones, in place. */
export function sumFromAbove(counts: Float64Array): Float64Array {
  for (let bin = counts.length - 2; bin >= 0; bin--)
    counts[bin] = (counts[bin] as number) + (counts[bin + 1] as number);
  return counts;
}

/** A place between the start of a bin (fraction 0) and the start of the next (1). */
export interface BinPlace {
  readonly bin: number;
  readonly fraction: number;
}

/** The place of a number of at least 0, whole or not. */
export function placeOf(value: number): BinPlace {
  const bin = binOf(Math.min(Math.floor(value), 2 ** 31 - 1));
  const start = binStart(bin);
  return { bin, fraction: Math.min(1, (value - start) / (binStart(bin + 1) - start)) };
}

/** What lies behind a place, given the counts from above; numbers are spread evenly over their bin. */
export function countBehind(fromAbove: Float64Array, { bin, fraction }: BinPlace): number {
  const here = fromAbove[bin] ?? 0;
  return here - fraction * (here - (fromAbove[bin + 1] ?? 0));
}
