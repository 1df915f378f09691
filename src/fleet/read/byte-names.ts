import { ByteArena } from './byte-arena.ts';

/** Numbers names (of hosts) in the order of their first appearance, without a string for each mention. */
export class ByteNames {
  readonly #arena = new ByteArena();
  /** Number + 1 by hash; 0 is free. */
  #slots = new Uint32Array(1 << 10);
  #hashes = new Uint32Array(1 << 9);
  /** Neighbouring rows mostly name the same host. */
  #last = -1;

  get count(): number {
    return this.#arena.count;
  }

  numberOf(bytes: Uint8Array, start: number, end: number): number {
    if (this.#last !== -1 && this.#arena.isEqual(this.#last, bytes, start, end)) return this.#last;
    this.#last = this.#find(bytes, start, end);
    return this.#last;
  }

  text(number: number): string {
    return this.#arena.text(number);
  }

  #find(bytes: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5;
    for (let index = start; index < end; index++) hash = Math.imul(hash ^ (bytes[index] as number), 0x01000193);
    hash = (hash ^ (hash >>> 15)) >>> 0;
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = (this.#slots[slot] as number) - 1;
      if (number === -1) return this.#add(slot, hash, bytes, start, end);
      if (this.#hashes[number] === hash && this.#arena.isEqual(number, bytes, start, end)) return number;
    }
  }

  #add(slot: number, hash: number, bytes: Uint8Array, start: number, end: number): number {
    const number = this.#arena.append(bytes, start, end);
    this.#slots[slot] = number + 1;
    this.#hashes[number] = hash;
    if (this.#arena.count === this.#hashes.length) this.#grow();
    return number;
  }

  #grow(): void {
    const hashes = new Uint32Array(this.#hashes.length * 2);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    this.#slots = new Uint32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (let number = 0; number < this.#arena.count; number++) {
      let slot = (hashes[number] as number) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = number + 1;
    }
  }
}
