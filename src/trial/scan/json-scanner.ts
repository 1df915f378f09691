import { type ByteTable, nextHash } from './byte-table.ts';
import { decimalToDouble, fractionDigits, highDigits, lowDigits } from './decimal.ts';

const newline = 0x0a;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const minus = 0x2d;
const plus = 0x2b;
const dot = 0x2e;
const zero = 0x30;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** Deeper nesting is left to JSON.parse. */
const maximumDepth = 16;

/** 1 for bytes that may stand in a string as they are: no quote, backslash or control character. */
const plainBytes = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte !== quote && byte !== backslash ? 1 : 0,
);

/**
 * Walks over JSON as bytes and decodes only what it is asked for. It knows a part of JSON's grammar, without blanks: each
 * method returns where the value ends, or -1 for anything that it does not know, valid or not. What it accepts, JSON.parse
 * accepts with the same meaning.
 *
 * The text must be followed by a newline, which is in no value and so stops every loop.
 */
export class JsonScanner {
  bytes: Buffer = Buffer.alloc(1, newline);

  // Where the key that was read last begins and ends, without its quotes.
  private keyStart = 0;
  private keyEnd = 0;
  private keyHash = 0;

  // The number that was read last: where it is, and its digits in two parts.
  private numberStart = 0;
  private digitsEnd = 0;
  private numberEnd = 0;
  private high = 0;
  private low = 0;
  private lowLength = 0;
  private fractionLength = 0;

  /** The end of a string of ASCII or UTF-8 with valid escapes. */
  string(start: number): number {
    const { bytes } = this;
    if (bytes[start] !== quote) return -1;
    for (let at = start + 1; ; at++) {
      const byte = bytes[at] ?? newline;
      if (plainBytes[byte] === 1) continue;
      if (byte === quote) return at + 1;
      if (byte !== backslash) return -1;
      at = escapeEnd(bytes, at + 1);
      if (at === -1) return -1;
    }
  }

  /** The end of a string of ASCII without escapes, whose text is the bytes between the quotes. */
  plainString(start: number): number {
    const { bytes } = this;
    if (bytes[start] !== quote) return -1;
    for (let at = start + 1; ; at++) {
      const byte = bytes[at] ?? newline;
      if (plainBytes[byte] === 1 && byte < 0x80) continue;
      return byte === quote ? at + 1 : -1;
    }
  }

  /** The text of a plain string that ends at `end`. */
  text(start: number, end: number): string {
    return this.bytes.toString('latin1', start + 1, end - 1);
  }

  /** A key and its colon. A key with escapes is not read: it may be a known one in disguise. */
  key(start: number): number {
    const { bytes } = this;
    if (bytes[start] !== quote) return -1;
    let at = start + 1;
    let hash = 0;
    for (; ; at++) {
      const byte = bytes[at] ?? newline;
      if (plainBytes[byte] !== 1) break;
      hash = nextHash(hash, byte);
    }
    if (bytes[at] !== quote || bytes[at + 1] !== colon) return -1;
    this.keyStart = start + 1;
    this.keyEnd = at;
    this.keyHash = hash;
    return at + 2;
  }

  /** What a table has for the key that was read last. */
  keyIn<Value>(table: ByteTable<Value>): Value | undefined {
    return table.find(this.bytes, this.keyStart, this.keyEnd, this.keyHash);
  }

  /** Whether the key that was read last is this one. */
  keyIs(text: string): boolean {
    return this.keyEnd - this.keyStart === text.length && this.word(this.keyStart, text) !== -1;
  }

  /** The end of a number, whose {@link value} may then be asked for. */
  number(start: number): number {
    const { bytes } = this;
    const first = bytes[start] === minus ? start + 1 : start;
    let high = 0;
    let low = 0;
    let highLength = 0;
    let lowLength = 0;
    let at = first;
    let point = -1;
    for (; ; at++) {
      const digit = (bytes[at] ?? newline) - zero;
      if (digit < 0 || digit > 9) {
        if (digit !== dot - zero || point !== -1) break;
        point = at;
      } else if (highLength < highDigits) {
        high = high * 10 + digit;
        // Zeros in front are no digits.
        if (high !== 0) highLength += 1;
      } else {
        low = low * 10 + digit;
        lowLength += 1;
      }
    }
    const wholeLength = (point === -1 ? at : point) - first;
    if (wholeLength === 0 || (wholeLength > 1 && bytes[first] === zero) || point === at - 1) return -1;
    this.high = high;
    this.low = low;
    this.lowLength = lowLength;
    this.fractionLength = point === -1 ? 0 : at - point - 1;
    this.numberStart = start;
    this.digitsEnd = at;
    this.numberEnd = ((bytes[at] ?? newline) | 0x20) === 0x65 ? exponent(bytes, at) : at;
    return this.numberEnd;
  }

  /** The number that {@link number} read last. */
  get value(): number {
    const { bytes, numberStart, numberEnd } = this;
    if (numberEnd === this.digitsEnd && this.lowLength <= lowDigits && this.fractionLength <= fractionDigits) {
      const value = decimalToDouble(this.high, this.low, this.lowLength, this.fractionLength);
      if (!Number.isNaN(value)) return bytes[numberStart] === minus ? -value : value;
    }
    return Number(bytes.toString('latin1', numberStart, numberEnd));
  }

  /** The end of a number, a string, or an object of such: what metrics may hold. Numbers must be finite. */
  figures(start: number, depth: number): number {
    const first = this.bytes[start];
    if (first === quote) return this.string(start);
    if (first !== openBrace) return this.finite(start);
    if (depth === 0) return -1;
    let at = this.opening(start);
    while (at > 0) {
      at = this.key(at);
      if (at > 0) at = this.figures(at, depth - 1);
      if (at > 0) {
        const next = this.separator(at);
        if (next === 0) return at + 1;
        at = next;
      }
    }
    return at === 0 ? start + 2 : -1;
  }

  /** The end of a finite number, whose {@link value} may then be asked for. */
  finite(start: number): number {
    const end = this.number(start);
    if (end === -1) return -1;
    const surely = end === this.digitsEnd && end - start < 300;
    return surely || Number.isFinite(this.value) ? end : -1;
  }

  /** The end of any value. */
  any(start: number, depth = maximumDepth): number {
    const { bytes } = this;
    switch (bytes[start]) {
      case quote:
        return this.string(start);
      case openBrace:
        return depth === 0 ? -1 : this.members(start, depth);
      case openBracket:
        return depth === 0 ? -1 : this.items(start, depth);
      case 0x74:
        return this.word(start, 'true');
      case 0x66:
        return this.word(start, 'false');
      case 0x6e:
        return this.word(start, 'null');
      default:
        return this.number(start);
    }
  }

  /** After an object's brace: where its first key is, 0 where the object is empty, -1 where there is none. */
  opening(start: number): number {
    const { bytes } = this;
    if (bytes[start] !== openBrace) return -1;
    return bytes[start + 1] === closeBrace ? 0 : start + 1;
  }

  /** After a member's value: where the next key is, 0 at the object's end, which is then at `at`, -1 for neither. */
  separator(at: number): number {
    const byte = this.bytes[at];
    if (byte === comma) return at + 1;
    return byte === closeBrace ? 0 : -1;
  }

  private members(start: number, depth: number): number {
    let at = this.opening(start);
    if (at === 0) return start + 2;
    while (at > 0) {
      at = this.key(at);
      if (at > 0) at = this.any(at, depth - 1);
      if (at > 0) {
        const next = this.separator(at);
        if (next === 0) return at + 1;
        at = next;
      }
    }
    return -1;
  }

  private items(start: number, depth: number): number {
    const { bytes } = this;
    if (bytes[start + 1] === closeBracket) return start + 2;
    let at = start + 1;
    for (;;) {
      at = this.any(at, depth - 1);
      if (at === -1) return -1;
      if (bytes[at] === closeBracket) return at + 1;
      if (bytes[at] !== comma) return -1;
      at += 1;
    }
  }

  /** The end of a text that is expected here, in ASCII. */
  word(start: number, text: string): number {
    for (let index = 0; index < text.length; index++) {
      if (this.bytes[start + index] !== text.charCodeAt(index)) return -1;
    }
    return start + text.length;
  }
}

/** The digit's value, or something negative. */
function digitAt(bytes: Buffer, at: number): number {
  const digit = (bytes[at] ?? 0) - zero;
  return digit <= 9 ? digit : -1;
}

/** The end of the exponent whose letter is at `start`; -1 where it has no digits. */
function exponent(bytes: Buffer, start: number): number {
  let at = start + 1;
  if (bytes[at] === plus || bytes[at] === minus) at += 1;
  const first = at;
  while (digitAt(bytes, at) >= 0) at += 1;
  return at === first ? -1 : at;
}

/** The last byte of an escape whose backslash is before `start`; -1 where it is none. */
function escapeEnd(bytes: Buffer, start: number): number {
  const letter = bytes[start] ?? newline;
  if (letter !== 0x75) return '"\\/bfnrt'.includes(String.fromCharCode(letter)) ? start : -1;
  for (let at = start + 1; at <= start + 4; at++) {
    const digit = bytes[at] ?? newline;
    const lower = digit | 0x20;
    if (digitAt(bytes, at) < 0 && !(lower >= 0x61 && lower <= 0x66)) return -1;
  }
  return start + 4;
}
