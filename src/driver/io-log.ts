import { writeDigits } from '../units/decimal-digits.ts';
import { FOR_NONE, type HostIoSink, hostFiles, hostOps, hostPurposes } from './host-io.ts';

const chunkBytes = 1 << 18;
/** More than any line: two numbers of 16 digits and some 70 letters. */
const lineBytes = 160;

/**
 * Host I/O as the lines of `--io-log`: NDJSON, one I/O a line, in the order in which they come. No string is made for a
 * line; chunks end with a whole line.
 *
 * `{"op":"write","file":"image","offset":327680,"length":4096,"for":"data"}`
 */
export class IoLogEncoder implements HostIoSink {
  readonly #write: (chunk: Uint8Array) => void;
  #buffer = new Uint8Array(chunkBytes);
  #length = 0;

  /** @param write takes each chunk, whose bytes are not used again */
  constructor(write: (chunk: Uint8Array) => void) {
    this.#write = write;
  }

  io(op: number, file: number, offset: number, length: number, purpose: number): void {
    if (this.#length > chunkBytes - lineBytes) this.flush();
    const buffer = this.#buffer;
    let at = this.#copy(heads[op * hostFiles.length + file] as Uint8Array, this.#length);
    at = writeDigits(buffer, at, offset);
    at = this.#copy(middle, at);
    at = writeDigits(buffer, at, length);
    this.#length = this.#copy(tails[purpose] as Uint8Array, at);
  }

  /** Hands on what is still held back. */
  flush(): void {
    if (this.#length === 0) return;
    this.#write(this.#buffer.subarray(0, this.#length));
    this.#buffer = new Uint8Array(chunkBytes);
    this.#length = 0;
  }

  /** A loop: `set` is slower for so few bytes. */
  #copy(text: Uint8Array, from: number): number {
    const buffer = this.#buffer;
    for (let index = 0; index < text.length; index++) buffer[from + index] = text[index] as number;
    return from + text.length;
  }
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const heads = hostOps.flatMap((op) => hostFiles.map((file) => bytesOf(`{"op":"${op}","file":"${file}","offset":`)));
const middle = bytesOf(',"length":');
const tails = hostPurposes.map((purpose, index) => bytesOf(index === FOR_NONE ? '}\n' : `,"for":"${purpose}"}\n`));
