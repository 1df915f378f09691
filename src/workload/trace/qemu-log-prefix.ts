import { parseDecimal, parseFixed } from './byte-numbers.ts';
import { findByte } from './words.ts';

const at = 0x40;
const colon = 0x3a;
const hyphen = 0x2d;
const letterT = 0x54;
const space = 0x20;
const closing = 0x29;

/**
 * Where the name of the event starts in a line of QEMU's log: behind nothing, behind `thread@seconds.microseconds:` (QEMU
 * up to 10.1 with `-msg timestamp=on`), or behind `2025-01-31T12:34:56.123456Z program(thread:name): ` (QEMU from 10.2 on,
 * of which parts may be absent).
 *
 * @source QEMU scripts/tracetool/backend/log.py; util/message.c, qmessage_context_print()
 */
export function findEventName(bytes: Uint8Array, start: number, end: number): number {
  if (isIsoTime(bytes, start, end)) return behindProgram(bytes, findByte(bytes, space, start, end) + 1, end);
  let digits = start;
  while (digits < end && isDigit(bytes[digits] as number)) digits += 1;
  if (digits === start || bytes[digits] !== at) return start;
  const prefixEnd = findByte(bytes, colon, digits, end);
  return prefixEnd === end ? start : prefixEnd + 1;
}

/** Behind `program(thread:name): ` where that comes, with a guest's name before it or not. */
function behindProgram(bytes: Uint8Array, start: number, end: number): number {
  for (let index = start; index < end - 2; index++) {
    if (bytes[index] === closing && bytes[index + 1] === colon && bytes[index + 2] === space) return index + 3;
  }
  return Math.min(start, end);
}

/** Microseconds of the prefix in front of the event's name, since 1970; NaN where it has no time. */
export function parseLogTime(bytes: Uint8Array, start: number, end: number): number {
  if (isIsoTime(bytes, start, end)) return parseIsoTime(bytes, start);
  const from = findByte(bytes, at, start, end) + 1;
  return from > end ? Number.NaN : parseFixed(bytes, from, end - 1, 1e6);
}

/** Whether `YYYY-MM-DDT` starts here. */
function isIsoTime(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start > 20 &&
    bytes[start + 4] === hyphen &&
    bytes[start + 7] === hyphen &&
    bytes[start + 10] === letterT &&
    parseDecimal(bytes, start, start + 4) >= 1970
  );
}

/** `YYYY-MM-DDTHH:MM:SS.ffffffZ`, the fraction absent where it is 0. */
function parseIsoTime(bytes: Uint8Array, start: number): number {
  const days = Date.UTC(
    parseDecimal(bytes, start, start + 4),
    parseDecimal(bytes, start + 5, start + 7) - 1,
    parseDecimal(bytes, start + 8, start + 10),
    parseDecimal(bytes, start + 11, start + 13),
    parseDecimal(bytes, start + 14, start + 16),
  );
  let end = start + 17;
  while (isDigit(bytes[end] as number) || bytes[end] === 0x2e) end += 1;
  return days * 1000 + parseFixed(bytes, start + 17, end, 1e6);
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
