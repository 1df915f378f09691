import { type BinPlace, binCount, binStart, placeOf, sumFromAbove } from '../../units/magnitude-bins.ts';

/**
 * From how long ago slices were looked up last to the sizes at which an LRU cache has dropped them: a cache of N entries
 * holds what was looked up in a window as long as it takes, on average, to look up N different slices.
 *
 * @source Hu et al., "Fast miss ratio curve modeling for storage cache" (AET), ACM Transactions on Storage 14(2), 2018
 */
export class EvictionTimes {
  /** Different slices that a window up to the start of each bin of times holds on average. */
  readonly #slices = new Float64Array(binCount + 1);

  /** @param times lookups by bin of the time since that of the same slice before @param firstCount lookups of new slices */
  constructor(times: Float64Array, firstCount: number) {
    const longer = sumFromAbove(times.slice());
    const total = (longer[0] as number) + firstCount;
    for (let bin = 0; bin < binCount; bin++) {
      const width = binStart(bin + 1) - binStart(bin);
      const sum = width * ((longer[bin] as number) + firstCount) - ((times[bin] as number) * (width + 1)) / 2;
      this.#slices[bin + 1] = (this.#slices[bin] as number) + (total === 0 ? 0 : sum / total);
    }
  }

  /** The time from which on a cache of this many entries misses. */
  missesFrom(entryCount: number): BinPlace {
    const slices = this.#slices;
    let [low, high] = [0, binCount];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((slices[middle] as number) <= entryCount) low = middle;
      else high = middle;
    }
    const start = slices[low] as number;
    const width = (slices[low + 1] as number) - start;
    const fraction = width > 0 ? Math.min(1, (entryCount - start) / width) : 1;
    // The window that just holds the cache's slices is the longest time that still hits.
    return placeOf(binStart(low) + fraction * (binStart(low + 1) - binStart(low)) + 1);
  }
}
