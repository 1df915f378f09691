import { createHash } from 'node:crypto';
import { operationNames, type RequestBlock, requestBlockCapacity } from './request.ts';

/** `disk write OFFSET LENGTH` with the longest numbers. */
const longestLineBytes = 48;
const words = operationNames.map((name) => Buffer.from(`disk ${name} `, 'latin1'));
const space = 0x20;
const newline = 0x0a;
const half = 100_000_000;

/** SHA-256 of requests as the text of an iolog of version 2; the same requests have the same hash on every machine. */
export class RequestHash {
  readonly #hash = createHash('sha256').update('fio version 2 iolog\ndisk add\ndisk open\n');
  readonly #text = new Uint8Array(requestBlockCapacity * longestLineBytes);

  update(block: RequestBlock): void {
    for (let from = 0; from < block.count; from += requestBlockCapacity) {
      const to = Math.min(block.count, from + requestBlockCapacity);
      this.#hash.update(this.#text.subarray(0, writeRequestLines(this.#text, block, from, to)));
    }
  }

  digest(): string {
    return this.#hash.update('disk close\n').digest('hex');
  }
}

/**
 * Spells requests as lines of an iolog of version 2, with `disk` as the name.
 * @returns how many bytes of `text` they take
 */
function writeRequestLines(text: Uint8Array, block: RequestBlock, from: number, to: number): number {
  let at = 0;
  for (let index = from; index < to; index++) {
    const word = words[block.operation[index] as number] as Buffer;
    for (let place = 0; place < word.length; place++) text[at++] = word[place] as number;
    at = writeDecimal(text, at, block.offsetBytes[index] as number);
    text[at++] = space;
    at = writeDecimal(text, at, block.lengthBytes[index] as number);
    text[at++] = newline;
  }
  return at;
}

/** Writes a whole number below 2^53. @returns the place behind it */
function writeDecimal(text: Uint8Array, at: number, value: number): number {
  if (value < half) return writeSmall(text, at, value, 1);
  const upper = Math.floor(value / half);
  return writeSmall(text, writeSmall(text, at, upper, 1), value - upper * half, 8);
}

/** Writes a whole number below 2^31 with zeros before it up to so many digits. */
function writeSmall(text: Uint8Array, at: number, value: number, digits: number): number {
  let end = at;
  for (let rest = value | 0; rest > 0; rest = (rest / 10) | 0) end += 1;
  end = Math.max(end, at + digits);
  for (let place = end - 1, rest = value | 0; place >= at; place--) {
    const next = (rest / 10) | 0;
    text[place] = 0x30 + rest - next * 10;
    rest = next;
  }
  return end;
}
