/** Names of a million disks in one piece of memory: bytes one behind the other, told by where each ends. */
export class ByteArena {
  #bytes = new Uint8Array(1 << 16);
  #ends = new Uint32Array(1 << 12);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** @returns the number of the text, counted from 0; the bytes are copied */
  append(bytes: Uint8Array, start: number, end: number): number {
    const from = this.#start(this.#count);
    const to = from + end - start;
    if (to > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(to, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    // Names are short: a loop beats a view and a copy.
    for (let index = start, at = from; index < end; index++, at++) this.#bytes[at] = bytes[index] as number;
    if (this.#count === this.#ends.length) {
      const larger = new Uint32Array(this.#ends.length * 2);
      larger.set(this.#ends);
      this.#ends = larger;
    }
    this.#ends[this.#count] = to;
    return this.#count++;
  }

  isEqual(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#start(index);
    if ((this.#ends[index] as number) - from !== end - start) return false;
    for (let offset = 0; offset < end - start; offset++) {
      if (this.#bytes[from + offset] !== bytes[start + offset]) return false;
    }
    return true;
  }

  /** The text, bytes that are not UTF-8 replaced. */
  text(index: number): string {
    const from = this.#start(index);
    return Buffer.from(this.#bytes.buffer, from, (this.#ends[index] ?? from) - from).toString('utf8');
  }

  #start(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] as number);
  }
}
