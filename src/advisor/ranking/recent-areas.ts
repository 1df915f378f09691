/** What the finest entry of an L2 cache maps: 4 KiB of subcluster entries with clusters of 16 KiB, bytes. */
export const areaBytes = 2 ** 22;
/** As many as the largest cache that is looked at has entries, twice over. */
const keptAreas = 16_384;

/** Follows the areas that requests use. */
export class RecentAreas {
  /** All areas that were ever used. */
  readonly all = new Set<number>();
  /** Those of this stretch, in the order of their last use. */
  readonly #used = new Set<number>();
  #last = -1;

  use(offset: number, length: number): void {
    const end = Math.floor((offset + length - 1) / areaBytes);
    for (let area = Math.floor(offset / areaBytes); area <= end; area++) {
      if (area === this.#last) continue;
      this.#used.delete(area);
      this.#used.add(area);
      this.#last = area;
    }
    if (this.#used.size > 2 * keptAreas) this.#prune();
  }

  /**
   * The areas since the last call in the order of their last use, which is what they leave in a cache that evicts by age; the last
   * 16,384 of them.
   */
  take(): Float64Array {
    this.#prune();
    const areas = Float64Array.from(this.#used);
    for (const area of areas) this.all.add(area);
    this.#used.clear();
    this.#last = -1;
    return areas;
  }

  #prune(): void {
    let excess = this.#used.size - keptAreas;
    for (const area of this.#used) {
      if (excess-- <= 0) break;
      this.all.add(area);
      this.#used.delete(area);
    }
  }
}

/** The same by entries that map so much, each once at its last use. */
export function entriesOf(areas: Float64Array, entryCoverageBytes: number): Float64Array {
  const entries = new Set<number>();
  for (const area of areas) {
    const entry = Math.floor((area * areaBytes) / entryCoverageBytes);
    entries.delete(entry);
    entries.add(entry);
  }
  return Float64Array.from(entries);
}
