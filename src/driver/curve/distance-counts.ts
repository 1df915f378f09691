import {
  LOOKUP_ALLOCATE,
  LOOKUP_OVERWRITE,
  LOOKUP_READ,
  type LookupCounts,
  type LookupProfile,
} from './lookup-counter.ts';

/** Counts of one stack distance stand side by side; the fourth place is never used. */
const stride = 4;

/** Lookups by stack distance and kind: what an exact profile is made of. */
export class DistanceCounts {
  /** Four bytes each, since most of the time of a pass over many slices is spent on getting here. */
  #counts = new Uint32Array(stride * 256);

  /**
   * @param distance 1 for the slice that was looked up before, 0 for the first lookup of a slice
   * @param kind one of the `LOOKUP_` numbers
   */
  add(distance: number, kind: number): void {
    const at = stride * distance + kind;
    if (at >= this.#counts.length) this.#makeRoom(at);
    this.#counts[at] = (this.#counts[at] as number) + 1;
  }

  /**
   * @param repeats lookups of the slice that was looked up before, which were not added
   * @param sliceCount slices that were looked up
   */
  profile(repeats: LookupCounts, sliceCount: number): LookupProfile {
    const atLeast = Float64Array.from(this.#counts.subarray(0, stride * (sliceCount + 2)));
    const add = (kind: number, count: number): void => {
      atLeast[stride + kind] = (atLeast[stride + kind] ?? 0) + count;
    };
    add(LOOKUP_READ, repeats.read);
    add(LOOKUP_OVERWRITE, repeats.overwrite);
    add(LOOKUP_ALLOCATE, repeats.allocate);
    // From here on the entry of a distance holds the lookups of that distance and of all greater ones.
    for (let at = stride * (sliceCount + 1) - 1; at >= stride; at--)
      atLeast[at] = (atLeast[at] as number) + (atLeast[at + stride] ?? 0);
    /** First lookups, and those from a distance on. */
    const from = (distance: number): LookupCounts => {
      const of = (kind: number): number => (atLeast[kind] ?? 0) + (atLeast[stride * distance + kind] ?? 0);
      return { read: of(LOOKUP_READ), overwrite: of(LOOKUP_OVERWRITE), allocate: of(LOOKUP_ALLOCATE) };
    };
    return {
      lookups: from(1),
      sliceCount,
      sampleRate: 1,
      followedSliceCount: sliceCount,
      missesAt(entryCount) {
        const misses = from(Math.min(entryCount, sliceCount) + 1);
        const total = misses.read + misses.overwrite + misses.allocate;
        return { ...misses, total, low: total, high: total };
      },
    };
  }

  #makeRoom(at: number): void {
    const counts = new Uint32Array(2 * at);
    counts.set(this.#counts);
    this.#counts = counts;
  }
}
