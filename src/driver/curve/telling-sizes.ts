import type { LookupProfile } from './lookup-counter.ts';

/** Entries that QEMU's L2 cache has at least. */
const smallest = 2;
/** Twice the cache beyond the knee saves less than this share of the lookups their miss. */
const kneeRatio = 0.01;
/** Sizes at which the knee is looked for are this far apart. */
const kneeStep = 1.02;

/**
 * The smallest cache that gives a share of the hits that any cache can give. First lookups of slices miss in every cache;
 * 1 stands for all others.
 *
 * @param hitShareRatio 0…1
 * @returns entries, at least 2
 */
export function entriesForHits(profile: LookupProfile, hitShareRatio: number): number {
  const { read, overwrite, allocate } = profile.lookups;
  const unavoidable = profile.missesAt(profile.sliceCount).total;
  const mayMiss = unavoidable + (1 - hitShareRatio) * (read + overwrite + allocate - unavoidable);
  let [low, high] = [smallest, Math.max(smallest, profile.sliceCount)];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (profile.missesAt(middle).total <= mayMiss) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * The knee of the curve: the smallest cache from which on twice the cache, whatever its size, saves less than one lookup in a
 * hundred its miss.
 *
 * @returns entries, at least 2
 */
export function entriesAtKnee(profile: LookupProfile): number {
  const { read, overwrite, allocate } = profile.lookups;
  const worthwhile = kneeRatio * (read + overwrite + allocate);
  const saves = (entryCount: number): number =>
    profile.missesAt(entryCount).total - profile.missesAt(2 * entryCount).total;
  let knee = Math.max(smallest, profile.sliceCount);
  while (knee > smallest) {
    const smaller = Math.max(smallest, Math.min(knee - 1, Math.floor(knee / kneeStep)));
    if (saves(smaller) >= worthwhile) return knee;
    knee = smaller;
  }
  return knee;
}
