/**
 * Writes a whole number below 2^53 into a buffer as decimal digits, without a string in between.
 * @param at where the first digit goes; there must be room for 16
 * @returns the place behind the last digit
 */
export function writeDigits(buffer: Uint8Array, at: number, value: number): number {
  if (value < 1e9) return writeSmallDigits(buffer, at, value | 0, 1);
  // Cut in two, so that each half is divided as a small integer.
  const high = Math.floor(value / 1e9);
  return writeSmallDigits(buffer, writeDigits(buffer, at, high), (value - high * 1e9) | 0, 9);
}

function writeSmallDigits(buffer: Uint8Array, from: number, value: number, minimumCount: number): number {
  let count = 1;
  for (let power = 10; count < 10 && (count < minimumCount || value >= power); power *= 10) count++;
  let rest = value;
  for (let at = from + count - 1; at >= from; at--) {
    const quotient = (rest / 10) | 0;
    buffer[at] = 0x30 + rest - quotient * 10;
    rest = quotient;
  }
  return from + count;
}
