import { UsageError } from '../../errors.ts';
import { parseBytes } from '../../units/bytes.ts';
import { parseFixed, shownBytes } from '../../workload/trace/byte-numbers.ts';

/** Where the text of a field lies. */
export interface FieldSpan {
  bytes: Uint8Array;
  start: number;
  end: number;
}

/** Why a field has no value; thrown away rows are many, so this is no Error. */
export interface FieldProblem {
  readonly why: string;
}

const space = 0x20;
const tab = 0x09;

/** Leaves out spaces on both sides. */
export function trimField(field: FieldSpan): void {
  const { bytes } = field;
  while (field.start < field.end && isSpace(bytes[field.start] as number)) field.start += 1;
  while (field.end > field.start && isSpace(bytes[field.end - 1] as number)) field.end -= 1;
}

function isSpace(byte: number): boolean {
  return byte === space || byte === tab;
}

/**
 * A size as everywhere in qtune: `2T`, `64K`, `1.5G`, plain bytes.
 * @returns the bytes, or why it is none
 */
export function sizeOf({ bytes, start, end }: FieldSpan): number | FieldProblem {
  let value = 0;
  let at = start;
  for (; at < end; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  if (at > start && at >= end - 1) {
    if (at < end) value *= unitOf((bytes[at] as number) | 0x20);
    if (value <= Number.MAX_SAFE_INTEGER) return value;
  }
  return slowSize(shownBytes(bytes, start, end));
}

/** NaN for what is no unit. */
function unitOf(letter: number): number {
  if (letter === 0x6b) return 2 ** 10;
  if (letter === 0x6d) return 2 ** 20;
  if (letter === 0x67) return 2 ** 30;
  return letter === 0x74 ? 2 ** 40 : Number.NaN;
}

function slowSize(text: string): number | FieldProblem {
  try {
    return parseBytes(text, '');
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const hint = error.hint === undefined ? '' : ` (${error.hint.replace(/\.$/, '')})`;
    return { why: `${error.message.replace(/^: /, '')}${hint}` };
  }
}

const plainNumber = /^\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** A number that is not negative, also with a fraction or an exponent, up to a limit. */
export function numberOf({ bytes, start, end }: FieldSpan, most: number): number | FieldProblem {
  const plain = parseFixed(bytes, start, end, 1);
  if (plain <= most) return plain;
  const text = shownBytes(bytes, start, end);
  const value = plainNumber.test(text) ? Number(text) : Number.NaN;
  return value <= most ? value : { why: `"${text}" is not a number from 0 to ${most}` };
}

export function wholeOf(field: FieldSpan, least: number, most: number): number | FieldProblem {
  const { bytes, start, end } = field;
  let value = start === end ? Number.NaN : 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - 0x30;
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : Number.NaN;
  }
  if (value >= least && value <= most) return value;
  return { why: `"${shownBytes(bytes, start, end)}" is not a whole number from ${least} to ${most}` };
}

const switchWords: readonly (readonly [word: string, isOn: boolean])[] = [
  ['off', false],
  ['on', true],
  ['false', false],
  ['true', true],
  ['no', false],
  ['yes', true],
  ['0', false],
  ['1', true],
];

/** A switch, in capitals or not. */
export function switchOf({ bytes, start, end }: FieldSpan): boolean | FieldProblem {
  for (const [word, isOn] of switchWords) if (isWord(bytes, start, end, word)) return isOn;
  return { why: `"${shownBytes(bytes, start, end)}" is neither on nor off` };
}

/** Whether the bytes are this word of small letters or digits, in capitals or not. */
function isWord(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false;
  for (let at = 0; at < word.length; at++) {
    const byte = bytes[start + at] as number;
    const isCapital = byte >= 0x41 && byte <= 0x5a;
    if ((isCapital ? byte | 0x20 : byte) !== word.charCodeAt(at)) return false;
  }
  return true;
}
