import { UsageError } from '../errors.ts';

/** Suffixes QEMU reads and their powers of 1024. */
const powers: Readonly<Record<string, number>> = { '': 0, b: 0, k: 1, m: 2, g: 3, t: 4, p: 5, e: 6 };

/** Prefixes for output by power of 1024. */
const prefixes = ['', 'K', 'M', 'G', 'T', 'P', 'E'] as const;

const hexadecimal = /^\+?0x[0-9a-f]+$/i;
const decimal = /^\+?(\d*)(\.\d*)?\s*([a-zA-Z]*)$/;

/**
 * Reads a size as QEMU's tools do: a decimal number, optionally with a fraction, then `b k m g t p e` in either case
 * (powers of 1024) or nothing for bytes; also `0x` hexadecimal, without fraction or suffix. `2TiB` and `2 TiB` are taken
 * as `2T`. The result is a whole number of bytes: the fraction is a 64-bit fixed-point number and half a byte rounds up, as in QEMU
 * since 8.1 (before, it rounded down, and `.5K` without a leading digit was refused).
 *
 * @param what what the size is for, named in the error, e.g. `--disk`
 * @throws UsageError for anything else; `2TB` gets a hint, since it means 10^12 elsewhere
 * @source QEMU util/cutils.c, do_strtosz (10.0); contract.md, "sizes are read as QEMU reads them"
 */
export function parseBytes(text: string, what: string): number {
  const trimmed = text.trim();
  if (hexadecimal.test(trimmed)) return checked(BigInt(trimmed.replace('+', '')), text, what);
  if (/^-\d/.test(trimmed)) throw new UsageError(`${what}: "${text}" is negative; a size is not`);
  const match = decimal.exec(trimmed);
  const [, whole = '', fraction = '', suffix = ''] = match ?? [];
  if (!match || !/\d/.test(whole + fraction)) {
    throw new UsageError(`${what}: "${text}" is not a size`, {
      hint: 'Write it as QEMU does: 64K, 1.5G, 2T or plain bytes.',
    });
  }
  const lower = suffix.toLowerCase();
  if (/^[kmgtpe]b$/.test(lower)) {
    const [prefix, number] = [suffix.slice(0, 1).toUpperCase(), whole + fraction];
    throw new UsageError(`${what}: "${text}" is ambiguous`, {
      hint: `QEMU counts in powers of 1024: write ${number}${prefix} or ${number}${prefix}iB.`,
    });
  }
  const power = powers[/^[kmgtpe]ib$/.test(lower) ? lower.slice(0, 1) : lower];
  if (power === undefined) {
    throw new UsageError(`${what}: "${text}" has the unknown unit "${suffix}"`, {
      hint: 'Units are K, M, G, T, P and E, powers of 1024.',
    });
  }
  const scale = 1024n ** BigInt(power);
  // Number() rounds like strtod; times 2^64 is exact, and the fraction of a byte beyond that is cut.
  const fixed = BigInt(Math.floor(Number(`0${fraction}`) * 2 ** 64));
  if (fixed !== 0n && power === 0) throw new UsageError(`${what}: "${text}" is not a whole number of bytes`);
  const product = (BigInt(whole === '' ? '0' : whole) << 64n) * scale + fixed * scale;
  return checked((product + (1n << 63n)) >> 64n, text, what);
}

function checked(bytes: bigint, text: string, what: string): number {
  if (bytes > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new UsageError(`${what}: "${text}" is larger than qtune can count (8 PiB less one byte)`);
  }
  return Number(bytes);
}

/**
 * The shortest exact spelling QEMU reads back as the same number: `64K`, `1536K`, `1000`. For commands and labels.
 */
export function exactBytes(bytes: number): string {
  let value = bytes;
  let power = 0;
  while (value !== 0 && value % 1024 === 0 && power < prefixes.length - 1) {
    value /= 1024;
    power += 1;
  }
  return `${value}${prefixes[power]}`;
}

/**
 * A size for people: at most four significant digits and a binary prefix, `1.5 GiB`, `640 KiB`, `17 B`.
 * Numbers that would round up to 1024 move to the next prefix.
 */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return String(bytes);
  const sign = bytes < 0 ? '-' : '';
  let value = Math.abs(bytes);
  let power = 0;
  while (power < prefixes.length - 1 && Number(rounded(value)) >= 1024) {
    value /= 1024;
    power += 1;
  }
  return power === 0 ? `${sign}${Math.round(value)} B` : `${sign}${rounded(value)} ${prefixes[power]}iB`;
}

/** Three significant digits below 100, whole numbers above, without trailing zeros. */
function rounded(value: number): string {
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  const text = value.toFixed(digits);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
