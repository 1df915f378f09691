const lineFeed = 0x0a;

/**
 * Cuts a stream of bytes into lines of UTF-8, in memory of one chunk and one line. Bytes are decoded where a line is whole, so
 * that a character may lie across two chunks.
 */
export class MessageSplitter {
  readonly #limitBytes: number;
  readonly #onLine: (line: string) => void;
  #parts: Buffer[] = [];
  #heldBytes = 0;

  constructor(limitBytes: number, onLine: (line: string) => void) {
    this.#limitBytes = limitBytes;
    this.#onLine = onLine;
  }

  /** @returns false where a line is longer than the limit; nothing may be pushed after that */
  push(chunk: Buffer): boolean {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      if (!this.#hold(chunk.subarray(start, end))) return false;
      const line = Buffer.concat(this.#parts).toString('utf8');
      this.#drop();
      this.#onLine(line);
      start = end + 1;
    }
    return this.#hold(chunk.subarray(start));
  }

  #hold(bytes: Buffer): boolean {
    if (this.#heldBytes + bytes.length > this.#limitBytes) {
      this.#drop();
      return false;
    }
    if (bytes.length > 0) this.#parts.push(bytes);
    this.#heldBytes += bytes.length;
    return true;
  }

  #drop(): void {
    this.#parts = [];
    this.#heldBytes = 0;
  }
}
