import { isText } from './byte-numbers.ts';

const space = 0x20;
const tab = 0x09;

/** The words of a line, parted by spaces and tabs, as places in its bytes: nothing is allocated per line. */
export class Words {
  /** How many words were found, at most as many as asked for. */
  count = 0;
  /** Where each word starts, and where it ends. */
  readonly start: Int32Array;
  readonly end: Int32Array;

  /** @param maximumCount words behind these are not looked for */
  constructor(maximumCount: number) {
    this.start = new Int32Array(maximumCount);
    this.end = new Int32Array(maximumCount);
  }

  /** Looks for words from the left. */
  split(bytes: Uint8Array, start: number, end: number): void {
    const { start: starts, end: ends } = this;
    const maximumCount = starts.length;
    let count = 0;
    let at = start;
    while (count < maximumCount) {
      while (at < end && isBlank(bytes[at] as number)) at += 1;
      if (at >= end) break;
      starts[count] = at;
      while (at < end && !isBlank(bytes[at] as number)) at += 1;
      ends[count] = at;
      count += 1;
    }
    this.count = count;
  }

  /** Looks for words from the right: word 0 is the last one. */
  splitFromRight(bytes: Uint8Array, start: number, end: number): void {
    const { start: starts, end: ends } = this;
    const maximumCount = starts.length;
    let count = 0;
    let at = end;
    while (count < maximumCount) {
      while (at > start && isBlank(bytes[at - 1] as number)) at -= 1;
      if (at <= start) break;
      ends[count] = at;
      while (at > start && !isBlank(bytes[at - 1] as number)) at -= 1;
      starts[count] = at;
      count += 1;
    }
    this.count = count;
  }

  /** Whether a word is this one byte. */
  isByte(bytes: Uint8Array, index: number, byte: number): boolean {
    const start = this.start[index] as number;
    return index < this.count && (this.end[index] as number) === start + 1 && bytes[start] === byte;
  }
}

function isBlank(byte: number): boolean {
  return byte === space || byte === tab;
}

/** Where a byte is first found in a range; its end where it is not. */
export function findByte(bytes: Uint8Array, byte: number, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== byte) at += 1;
  return at;
}

/** Whether a range starts with an ASCII text. */
export function startsWithText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  return end - start >= text.length && isText(bytes, start, start + text.length, text);
}
