import { followedBelow, sampleHash } from '../../units/sample-hash.ts';

/** Records of one chunk of memory. */
const chunkRecords = 256;

/**
 * A record of memory for each region of a disk that was touched, found by the region's number. Where there is no room for
 * more, half of the regions are given up: those whose hash lies above a threshold, which is the same for every table, so
 * that what is counted in the others, over the share that they are, estimates the whole. A count that adds
 * {@link RegionTable.weight} for each event needs no correction when the share changes: an event is counted with the
 * chance that it had.
 *
 * @source Waldspurger et al., "Efficient MRC construction with SHARDS", FAST 2015, section 3.2; the weights are those of
 * Horvitz and Thompson, 1952
 */
export class RegionTable {
  /** Words of the chunk that holds the record found last, and where it begins there. */
  words = new Int32Array(0);
  base = 0;
  /** One over the share of the regions that is followed now. */
  weight = 1;
  readonly #recordWords: number;
  readonly #maximumCount: number;
  readonly #chunks: Int32Array<ArrayBuffer>[] = [];
  /** Region by slot; slots are used from 0 without gaps. */
  #regions = new Uint32Array(chunkRecords);
  /** Slot plus one by hash, open addressing; at most half full. */
  #slots = new Int32Array(4 * chunkRecords);
  #count = 0;
  #below = followedBelow(1);
  #last = -1;

  /** @param maximumBytes memory of the records; a few bytes each come on top */
  constructor(recordWords: number, maximumBytes: number) {
    this.#recordWords = recordWords;
    this.#maximumCount = Math.max(1, Math.floor(maximumBytes / (4 * recordWords)));
  }

  /** Regions that have a record. */
  get count(): number {
    return this.#count;
  }

  /**
   * Points {@link words} and {@link base} to a region's record, of zeroes where it is new.
   * @param region a whole number below 2^32
   * @returns whether the region is followed
   */
  find(region: number): boolean {
    if (region === this.#last) return true;
    const hash = sampleHash(region);
    if (hash >= this.#below) return false;
    const mask = this.#slots.length - 1;
    let at = hash & mask;
    for (let slot = this.#slots[at] as number; slot > 0; slot = this.#slots[at] as number) {
      if (this.#regions[slot - 1] === region) return this.#point(region, slot - 1);
      at = (at + 1) & mask;
    }
    return this.#add(region, hash);
  }

  /** Calls back for every record. */
  forEach(visit: (words: Int32Array<ArrayBuffer>, base: number) => void): void {
    for (let slot = 0; slot < this.#count; slot++) visit(this.#chunkOf(slot), this.#baseOf(slot));
  }

  #point(region: number, slot: number): true {
    this.#last = region;
    this.words = this.#chunkOf(slot);
    this.base = this.#baseOf(slot);
    return true;
  }

  #add(region: number, hash: number): boolean {
    while (this.#count === this.#maximumCount) this.#halve();
    if (hash >= this.#below) return false;
    const slot = this.#count++;
    if (slot === this.#regions.length) {
      const regions = new Uint32Array(2 * slot);
      regions.set(this.#regions);
      this.#regions = regions;
    }
    if (slot / chunkRecords === this.#chunks.length)
      this.#chunks.push(new Int32Array(chunkRecords * this.#recordWords));
    this.#regions[slot] = region;
    if (2 * this.#count > this.#slots.length) this.#rehash(2 * this.#slots.length);
    else this.#enter(region, slot);
    return this.#point(region, slot);
  }

  /** Gives up half of the regions that are followed; the records of the others move together. */
  #halve(): void {
    this.weight *= 2;
    this.#below = followedBelow(1 / this.weight);
    this.#last = -1;
    let kept = 0;
    for (let slot = 0; slot < this.#count; slot++) {
      const region = this.#regions[slot] as number;
      const from = this.#baseOf(slot);
      const words = this.#chunkOf(slot);
      if (sampleHash(region) < this.#below) {
        if (kept < slot) {
          const record = words.subarray(from, from + this.#recordWords);
          this.#chunkOf(kept).set(record, this.#baseOf(kept));
        }
        this.#regions[kept++] = region;
      }
    }
    for (let slot = kept; slot < this.#count; slot++) {
      const from = this.#baseOf(slot);
      this.#chunkOf(slot).fill(0, from, from + this.#recordWords);
    }
    this.#count = kept;
    this.#rehash(this.#slots.length);
  }

  #rehash(length: number): void {
    this.#slots = new Int32Array(length);
    for (let slot = 0; slot < this.#count; slot++) this.#enter(this.#regions[slot] as number, slot);
  }

  #enter(region: number, slot: number): void {
    const mask = this.#slots.length - 1;
    let at = sampleHash(region) & mask;
    while ((this.#slots[at] as number) > 0) at = (at + 1) & mask;
    this.#slots[at] = slot + 1;
  }

  #chunkOf(slot: number): Int32Array<ArrayBuffer> {
    return this.#chunks[Math.floor(slot / chunkRecords)] as Int32Array<ArrayBuffer>;
  }

  #baseOf(slot: number): number {
    return (slot % chunkRecords) * this.#recordWords;
  }
}
