import type { Locality } from './cost-profile.ts';

/** Remembers the regions of a device that were used last. */
export class RecentRegions {
  readonly #regionBytes: number;
  readonly #regions: Float64Array;
  #count = 0;

  constructor(locality: Locality) {
    this.#regionBytes = locality.regionBytes;
    this.#regions = new Float64Array(locality.regions);
  }

  /** Marks the region as the one used last. @returns whether it was remembered, true where nothing is */
  use(offset: number): boolean {
    const regions = this.#regions;
    if (regions.length === 0) return true;
    const region = Math.floor(offset / this.#regionBytes);
    if (this.#count > 0 && regions[0] === region) return true;
    let index = 0;
    while (index < this.#count && regions[index] !== region) index++;
    const known = index < this.#count;
    if (!known && this.#count < regions.length) this.#count++;
    regions.copyWithin(1, 0, Math.min(index, regions.length - 1));
    regions[0] = region;
    return known;
  }
}
