/** A size in a job file: bytes, or a share of the disk in percent. */
export type Amount = { readonly bytes: number } | { readonly percent: number };

/** What `kb_base` of fio may be. */
export type UnitBase = 1000 | 1024;

const sizePattern = /^\+?(0x[0-9a-f]{1,14}|\d{1,16})\s*(%|[kmgtp]i?b?|b)?$/i;
const powers: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4, p: 5 };

/**
 * Reads a size as fio does. With a `kb_base` of 1024, its default, `4k` and `4kb` are 4096 bytes and `4kib` is 4000: the
 * prefixes are exchanged, for the sake of old job files. With 1000 they mean what they say.
 *
 * @returns undefined for what is no size, and for more than 2^53 bytes
 * @source fio HOWTO, "Parameter types", int
 */
export function parseAmount(text: string, base: UnitBase): Amount | undefined {
  const match = sizePattern.exec(text.trim());
  const [, digits = '', unit = ''] = match ?? [];
  if (match === null) return undefined;
  const value = Number(digits);
  if (unit === '%') return value <= 100 ? { percent: value } : undefined;
  const suffix = unit.toLowerCase();
  const other: UnitBase = base === 1024 ? 1000 : 1024;
  const bytes = value * (suffix.endsWith('ib') ? other : base) ** (powers[suffix.slice(0, 1)] ?? 0);
  return Number.isSafeInteger(bytes) ? { bytes } : undefined;
}

/** A whole number with the units of sizes, as fio reads most integers: `number_ios=10k` is 10240. */
export function parseWhole(text: string, base: UnitBase): number | undefined {
  const amount = parseAmount(text, base);
  return amount !== undefined && 'bytes' in amount ? amount.bytes : undefined;
}

const microseconds: Readonly<Record<string, number>> = {
  us: 1,
  usec: 1,
  ms: 1e3,
  msec: 1e3,
  s: 1e6,
  m: 6e7,
  h: 3.6e9,
  d: 8.64e10,
};

/**
 * Reads a time into microseconds.
 * @param bareUs what a number without a unit counts: a second for `runtime`, a microsecond for `thinktime`
 * @source fio HOWTO, "Parameter types", time
 */
export function parseTimeUs(text: string, bareUs: number): number | undefined {
  const match = /^\+?(\d{1,12})([a-z]*)$/i.exec(text.trim());
  const [, digits = '', unit = ''] = match ?? [];
  const factor = unit === '' ? bareUs : microseconds[unit.toLowerCase()];
  if (match === null || factor === undefined) return undefined;
  const us = Number(digits) * factor;
  return Number.isSafeInteger(us) ? us : undefined;
}
