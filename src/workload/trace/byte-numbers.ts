/** Numbers and words in bytes, without a string for each: a trace has millions of them. */

const zero = 0x30;

/** A whole number below 2^53 in decimal digits; NaN for anything else, an empty range too. */
export function parseDecimal(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end) return Number.NaN;
  let value = 0;
  for (let index = start; index < end; index++) {
    const digit = (bytes[index] as number) - zero;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
    if (value > Number.MAX_SAFE_INTEGER) return Number.NaN;
  }
  return value;
}

/** A whole number below 2^53 in hexadecimal digits, with `0x` before them or without; NaN for anything else. */
export function parseHexadecimal(bytes: Uint8Array, start: number, end: number): number {
  const prefixed = bytes[start] === zero && ((bytes[start + 1] as number) | 0x20) === 0x78;
  const first = prefixed && end - start > 2 ? start + 2 : start;
  if (first >= end) return Number.NaN;
  let value = 0;
  for (let index = first; index < end; index++) {
    const byte = bytes[index] as number;
    const letter = byte | 0x20;
    const digit = byte >= zero && byte <= 0x39 ? byte - zero : letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
    if (digit < 0) return Number.NaN;
    value = value * 16 + digit;
    if (value > Number.MAX_SAFE_INTEGER) return Number.NaN;
  }
  return value;
}

/**
 * A number with digits behind a point, or none, in smaller units: `parseFixed` of `1.5` with 1,000,000 is 1500000. The
 * whole part and the fraction are read apart, so that seconds since 1970 keep their microseconds. No sign, no exponent.
 *
 * @param unitsPerWhole a power of ten
 * @returns NaN where it is no such number
 */
export function parseFixed(bytes: Uint8Array, start: number, end: number, unitsPerWhole: number): number {
  let point = start;
  while (point < end && bytes[point] !== 0x2e) point += 1;
  const whole = parseDecimal(bytes, start, point);
  if (point === end) return whole * unitsPerWhole;
  if (point + 1 === end) return Number.NaN;
  // Digits behind the fifteenth are less than a double can tell.
  const last = Math.min(end, point + 16);
  for (let index = last; index < end; index++) {
    const digit = (bytes[index] as number) - zero;
    if (digit < 0 || digit > 9) return Number.NaN;
  }
  const fraction = parseDecimal(bytes, point + 1, last);
  return whole * unitsPerWhole + (fraction * unitsPerWhole) / 10 ** (last - point - 1);
}

/** Whether the bytes are those of an ASCII text. */
export function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let index = 0; index < text.length; index++) {
    if (bytes[start + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}

/** Bytes as text for messages: at most 40 characters. */
export function shownBytes(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.max(0, Math.min(40, end - start))).toString('utf8');
}
