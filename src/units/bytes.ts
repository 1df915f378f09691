import { UsageError } from '../errors.ts';

/** Suffixes QEMU reads and their powers of 1024. */
const powers: Readonly<Record<string, number>> = { '': 0, b: 0, k: 1, m: 2, g: 3, t: 4, p: 5, e: 6 };

/** Prefixes for output by power of 1024. */
const prefixes = ['', 'K', 'M', 'G', 'T', 'P', 'E'] as const;

const pattern = /^(\d+|\d*\.\d+|\d+\.)\s*([a-zA-Z]*)$/;

/**
 * Reads a size as QEMU's tools do: a decimal number, optionally with a fraction, then `b k m g t p e` in either case
 * (powers of 1024) or nothing for bytes; also `0x` hexadecimal. `2TiB` and `2 TiB` are taken as `2T`. The result is a whole number of
 * bytes; a fraction of a byte is rounded down as QEMU does.
 *
 * @param what what the size is for, named in the error, e.g. `--disk`
 * @throws UsageError for anything else; `2TB` gets a hint, since it means 10^12 elsewhere
 * @source QEMU util/cutils.c, do_strtosz; contract.md, "sizes are read as QEMU reads them"
 */
export function parseBytes(text: string, what: string): number {
  const trimmed = text.trim();
  if (/^0x[0-9a-f]+$/i.test(trimmed)) return checked(Number(BigInt(trimmed)), text, what);
  const match = pattern.exec(trimmed);
  if (!match)
    throw new UsageError(`${what}: "${text}" is not a size`, {
      hint: 'Write it as QEMU does: 64K, 1.5G, 2T or plain bytes.',
    });
  const [, digits = '', suffix = ''] = match;
  const lower = suffix.toLowerCase();
  if (/^[kmgtpe]b$/.test(lower)) {
    throw new UsageError(`${what}: "${text}" is ambiguous`, {
      hint: `QEMU counts in powers of 1024: write ${digits}${suffix.slice(0, 1).toUpperCase()} or ${digits}${suffix.slice(0, 1).toUpperCase()}iB.`,
    });
  }
  const power = powers[/^[kmgtpe]ib$/.test(lower) ? lower.slice(0, 1) : lower];
  if (power === undefined) {
    throw new UsageError(`${what}: "${text}" has the unknown unit "${suffix}"`, {
      hint: 'Units are K, M, G, T, P and E, powers of 1024.',
    });
  }
  if (digits.includes('.') && power === 0) throw new UsageError(`${what}: "${text}" is not a whole number of bytes`);
  return checked(Math.floor(Number(digits) * 1024 ** power), text, what);
}

function checked(bytes: number, text: string, what: string): number {
  if (!Number.isSafeInteger(bytes)) {
    throw new UsageError(`${what}: "${text}" is larger than qtune can count (8 PiB less one byte)`);
  }
  return bytes;
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
