const digitBits = 11;
const digitCount = 3;
const bucketCount = 1 << digitBits;
/** Below this many a comparison sort is faster than clearing the buckets. */
const fewKeys = 2000;

/**
 * The places of positive numbers from the largest to the smallest, equal ones in their own order: a radix sort, since a fleet
 * may have a million. Numbers are told apart as 32-bit floats.
 */
export function descendingOrder(keys: Float32Array): Uint32Array {
  const order = new Uint32Array(keys.length);
  for (let index = 0; index < order.length; index++) order[index] = index;
  if (keys.length < fewKeys) return order.sort((left, right) => (keys[right] ?? 0) - (keys[left] ?? 0) || left - right);
  // Positive floats are ordered as their bits are; inverted bits are in the opposite order.
  const bits = new Uint32Array(keys.buffer, keys.byteOffset, keys.length);
  let [from, to] = [order, new Uint32Array(keys.length)];
  for (let digit = 0; digit < digitCount; digit++) {
    const shift = digit * digitBits;
    const starts = new Uint32Array(bucketCount + 1);
    for (let index = 0; index < bits.length; index++) {
      const bucket = (~(bits[index] as number) >>> shift) & (bucketCount - 1);
      starts[bucket + 1] = (starts[bucket + 1] as number) + 1;
    }
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      starts[bucket + 1] = (starts[bucket + 1] as number) + (starts[bucket] as number);
    }
    for (let index = 0; index < from.length; index++) {
      const place = from[index] as number;
      const bucket = (~(bits[place] as number) >>> shift) & (bucketCount - 1);
      const at = starts[bucket] as number;
      to[at] = place;
      starts[bucket] = at + 1;
    }
    [from, to] = [to, from];
  }
  return from;
}
