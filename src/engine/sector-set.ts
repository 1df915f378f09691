/** Granules in one page of the set. */
const pageGranules = 8192;
/** The smallest granule: what a guest's disk speaks. */
const sectorBytes = 512;

/**
 * The largest power of two up to 1 MiB that divides every number added; 512 at least. Requests that are not whole sectors
 * are counted by the sectors that they touch.
 */
export class CommonAlignment {
  #lowestBits = 2 ** 20;

  add(bytes: number): void {
    while (bytes % this.#lowestBits !== 0) this.#lowestBits /= 2;
  }

  get granuleBytes(): number {
    return Math.max(this.#lowestBits, sectorBytes);
  }
}

/**
 * The distinct bytes under a sequence of requests, exact for requests that are multiples of the granule. One bit per
 * granule in pages that exist only where something was added: 32 MiB of memory at most for 1 TiB of 4 KiB requests, independent
 * of their number.
 */
export class SectorSet {
  readonly #granuleBytes: number;
  readonly #pages = new Map<number, Uint32Array>();
  #count = 0;

  constructor(granuleBytes: number) {
    this.#granuleBytes = granuleBytes;
  }

  /** Bytes added so far, each counted once. */
  get bytes(): number {
    return this.#count * this.#granuleBytes;
  }

  add(offsetBytes: number, lengthBytes: number): void {
    if (lengthBytes === 0) return;
    let granule = Math.floor(offsetBytes / this.#granuleBytes);
    const end = Math.ceil((offsetBytes + lengthBytes) / this.#granuleBytes);
    while (granule < end) {
      const page = Math.floor(granule / pageGranules);
      const words = this.#page(page);
      const stop = Math.min(end, (page + 1) * pageGranules) - page * pageGranules;
      for (let bit = granule - page * pageGranules; bit < stop; bit++) {
        const mask = 1 << (bit & 31);
        const word = words[bit >>> 5] ?? 0;
        if ((word & mask) === 0) {
          words[bit >>> 5] = word | mask;
          this.#count++;
        }
      }
      granule = page * pageGranules + stop;
    }
  }

  #page(number: number): Uint32Array {
    const known = this.#pages.get(number);
    if (known) return known;
    const page = new Uint32Array(pageGranules / 32);
    this.#pages.set(number, page);
    return page;
  }
}
