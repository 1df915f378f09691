import type { HostFile } from './host-file.ts';

/** Called before a dirty entry is written: the overlap check. */
export type BeforeWrite = (lengthBytes: number) => void;

const none = -1;

/**
 * One of the driver's two metadata caches: fully associative, least recently released first. Only which tables are cached,
 * where, and which are dirty is kept; their contents are the image's.
 *
 * Which slot a table gets matters, since dirty entries are written in the order of their slots: a free slot is looked for from
 * the one that the offset hashes to.
 * @source QEMU block/qcow2-cache.c (7.2.0; same in 10.0)
 */
export class MetadataCache {
  readonly entryCount: number;
  readonly entryBytes: number;
  /** Another cache that must be on disk before any entry of this one is written. */
  depends: MetadataCache | undefined;
  /** Whether the file must be synced before any entry is written. */
  dependsOnFlush = false;
  lookups = 0;
  misses = 0;
  evictions = 0;
  /** Entries compared in all lookups. */
  steps = 0;
  /** Entries looked at by all writes of dirty ones. */
  flushSteps = 0;
  used = 0;

  #file: HostFile;
  readonly #purpose: number;
  #beforeWrite: BeforeWrite;
  readonly #slotsPerByte: number;
  readonly #offsets: Float64Array;
  readonly #dirty: Uint8Array;
  #dirtyCount = 0;
  /** Doubly linked list of the slots in use, least recently released first. */
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  #oldest = none;
  #newest = none;
  /** One bit for each free slot. */
  readonly #free: Uint32Array;
  #freeCount: number;
  /** Open addressing: slot by table, {@link none} where empty. */
  readonly #index: Int32Array;
  readonly #indexMask: number;
  readonly #indexShift: number;

  constructor(entryCount: number, entryBytes: number, file: HostFile, purpose: number, beforeWrite: BeforeWrite) {
    this.entryCount = entryCount;
    this.entryBytes = entryBytes;
    this.#file = file;
    this.#purpose = purpose;
    this.#beforeWrite = beforeWrite;
    this.#slotsPerByte = 1 / entryBytes;
    this.#offsets = new Float64Array(entryCount);
    this.#dirty = new Uint8Array(entryCount);
    this.#older = new Int32Array(entryCount);
    this.#newer = new Int32Array(entryCount);
    this.#free = new Uint32Array(Math.ceil(entryCount / 32)).fill(0xffff_ffff);
    if (entryCount % 32 !== 0) this.#free[this.#free.length - 1] = (1 << (entryCount % 32)) - 1;
    this.#freeCount = entryCount;
    const bits = Math.max(4, Math.ceil(Math.log2(entryCount)) + 1);
    this.#index = new Int32Array(2 ** bits).fill(none);
    this.#indexMask = 2 ** bits - 1;
    this.#indexShift = 32 - bits;
  }

  /**
   * Looks a table up and releases it at once: a hit makes it the most recently used one, a miss puts it in the place of the
   * least recently used one, which is written back if it is dirty.
   * @param load whether a miss reads the table from the file
   * @returns the slot
   */
  get(offset: number, load: boolean): number {
    this.lookups++;
    let slot = this.#newest;
    if (slot !== none && this.#offsets[slot] === offset) {
      this.steps += this.#distance(offset, slot);
      return slot;
    }
    slot = this.#find(offset);
    if (slot !== none) {
      this.steps += this.#distance(offset, slot);
      this.#unlink(slot);
      this.#append(slot);
      return slot;
    }
    return this.#replace(offset, load);
  }

  /** The slot of a cached table, or −1. */
  find(offset: number): number {
    return this.#find(offset);
  }

  /** Makes a table that is still cached the most recently used one: the end of a use that other lookups fell into. */
  touch(offset: number): void {
    const slot = this.#find(offset);
    if (slot === none || slot === this.#newest) return;
    this.#unlink(slot);
    this.#append(slot);
  }

  markDirty(slot: number): void {
    if (this.#dirty[slot] !== 0) return;
    this.#dirty[slot] = 1;
    this.#dirtyCount++;
  }

  /** Drops a table's contents, dirty or not. */
  discard(slot: number): void {
    if (this.#dirty[slot] !== 0) {
      this.#dirty[slot] = 0;
      this.#dirtyCount--;
    }
    this.#unlink(slot);
    this.#removeFromIndex(this.#offsets[slot] as number);
    this.#offsets[slot] = 0;
    this.#free[slot >>> 5] = (this.#free[slot >>> 5] as number) | (1 << (slot & 31));
    this.#freeCount++;
    this.used--;
  }

  /** Goes on as the cache of another node of the same image; the former one must not be used any more. */
  moveTo(file: HostFile, beforeWrite: BeforeWrite): this {
    this.#file = file;
    this.#beforeWrite = beforeWrite;
    return this;
  }

  /** As if everything had been written: nothing is dirty, nothing waits for anything. */
  settle(): void {
    this.#dirty.fill(0);
    this.#dirtyCount = 0;
    this.depends = undefined;
    this.dependsOnFlush = false;
  }

  /** Writes every dirty entry, in the order of the slots. */
  write(): void {
    this.flushSteps += this.entryCount;
    for (let slot = 0; this.#dirtyCount > 0 && slot < this.entryCount; slot++) {
      if (this.#dirty[slot] !== 0) this.#writeEntry(slot);
    }
  }

  /** Writes every dirty entry and syncs the file. */
  flush(): void {
    this.write();
    this.#file.flush();
  }

  /** From now on no entry is written before all of `other` is on disk. */
  setDependency(other: MetadataCache): void {
    if (other.depends !== undefined) other.#flushDependency();
    if (this.depends !== undefined && this.depends !== other) this.#flushDependency();
    this.depends = other;
  }

  #flushDependency(): void {
    this.depends?.flush();
    this.depends = undefined;
    this.dependsOnFlush = false;
  }

  #writeEntry(slot: number): void {
    if (this.depends !== undefined) this.#flushDependency();
    else if (this.dependsOnFlush) {
      this.#file.flush();
      this.dependsOnFlush = false;
    }
    const offset = this.#offsets[slot] as number;
    this.#beforeWrite(this.entryBytes);
    this.#file.write(offset, this.entryBytes, this.#purpose);
    this.#dirty[slot] = 0;
    this.#dirtyCount--;
  }

  #replace(offset: number, load: boolean): number {
    this.misses++;
    this.steps += this.entryCount;
    let slot: number;
    if (this.#freeCount > 0) {
      slot = this.#firstFree(this.#startSlot(offset));
      this.#free[slot >>> 5] = (this.#free[slot >>> 5] as number) & ~(1 << (slot & 31));
      this.#freeCount--;
      this.used++;
    } else {
      slot = this.#oldest;
      if (this.#dirty[slot] !== 0) {
        this.evictions++;
        this.#writeEntry(slot);
      }
      this.#unlink(slot);
      this.#removeFromIndex(this.#offsets[slot] as number);
    }
    if (load) this.#file.read(offset, this.entryBytes, this.#purpose);
    this.#offsets[slot] = offset;
    this.#addToIndex(offset, slot);
    this.#append(slot);
    return slot;
  }

  /** The slot from which QEMU looks for a table. */
  #startSlot(offset: number): number {
    const place = offset * this.#slotsPerByte * 4;
    return place < 0x7fff_ffff ? (place | 0) % this.entryCount : place % this.entryCount;
  }

  #distance(offset: number, slot: number): number {
    const steps = slot - this.#startSlot(offset);
    return (steps < 0 ? steps + this.entryCount : steps) + 1;
  }

  #firstFree(start: number): number {
    const words = this.#free;
    const first = start >>> 5;
    const head = (words[first] as number) & (-1 << (start & 31));
    if (head !== 0) return (first << 5) + lowestBit(head);
    for (let step = 1; step <= words.length; step++) {
      const index = (first + step) % words.length;
      const word = words[index] as number;
      if (word !== 0) return (index << 5) + lowestBit(word);
    }
    throw new Error('no free slot');
  }

  #append(slot: number): void {
    this.#older[slot] = this.#newest;
    this.#newer[slot] = none;
    if (this.#newest === none) this.#oldest = slot;
    else this.#newer[this.#newest] = slot;
    this.#newest = slot;
  }

  #unlink(slot: number): void {
    const older = this.#older[slot] as number;
    const newer = this.#newer[slot] as number;
    if (older === none) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === none) this.#newest = older;
    else this.#older[newer] = older;
  }

  #hash(offset: number): number {
    return Math.imul((offset * this.#slotsPerByte) | 0, 0x9e37_79b1) >>> this.#indexShift;
  }

  #find(offset: number): number {
    let place = this.#hash(offset);
    for (;;) {
      const slot = this.#index[place] as number;
      if (slot === none || this.#offsets[slot] === offset) return slot;
      place = (place + 1) & this.#indexMask;
    }
  }

  #addToIndex(offset: number, slot: number): void {
    let place = this.#hash(offset);
    while (this.#index[place] !== none) place = (place + 1) & this.#indexMask;
    this.#index[place] = slot;
  }

  /** Removes and moves what follows back, so that no search ends early. */
  #removeFromIndex(offset: number): void {
    let hole = this.#hash(offset);
    while (this.#offsets[this.#index[hole] as number] !== offset) hole = (hole + 1) & this.#indexMask;
    let place = hole;
    for (;;) {
      place = (place + 1) & this.#indexMask;
      const slot = this.#index[place] as number;
      if (slot === none) break;
      const home = this.#hash(this.#offsets[slot] as number);
      if (((place - home) & this.#indexMask) >= ((place - hole) & this.#indexMask)) {
        this.#index[hole] = slot;
        hole = place;
      }
    }
    this.#index[hole] = none;
  }
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
