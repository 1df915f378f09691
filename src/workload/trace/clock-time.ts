import { parseDecimal, parseFixed } from './byte-numbers.ts';

const colon = 0x3a;
const dayUs = 24 * 3600 * 1e6;

/** Reads seconds, or the time of a day as `12:34:56.789`, which starts anew at midnight. */
export class ClockTime {
  #daysUs = 0;
  #latestUs = 0;

  /** @returns microseconds; NaN where it is no time */
  parse(bytes: Uint8Array, start: number, end: number): number {
    if (bytes[start + 2] !== colon || end - start < 8) return parseFixed(bytes, start, end, 1e6);
    const hours = parseDecimal(bytes, start, start + 2);
    const minutes = bytes[start + 5] === colon ? parseDecimal(bytes, start + 3, start + 5) : Number.NaN;
    const us = ((hours * 60 + minutes) * 60 + parseFixed(bytes, start + 6, end, 1)) * 1e6;
    if (!(hours < 24 && minutes < 60 && us < dayUs)) return Number.NaN;
    if (us < this.#latestUs - dayUs / 2) this.#daysUs += dayUs;
    this.#latestUs = us;
    return this.#daysUs + us;
  }
}
