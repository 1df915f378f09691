import type { Geometry } from '../../qcow2/geometry.ts';
import { defaultL2CacheMaximumBytes } from '../../settings/cache-sizing.ts';

/** Entry sizes to try beside the whole table, bytes. */
const entrySizes: readonly number[] = [4096, 16_384, 65_536];
/** Caches below full coverage go down to this share of it. */
const leastShare = 1 / 32;
/** The finest step between sizes, in doublings. */
const finestStep = 1 / 4;
/** Powers of two from 1 MiB, QEMU's default until 3.1. */
const ladder: readonly number[] = Array.from({ length: 20 }, (_, step) => 2 ** (20 + step));

/** Sizes of the entries of an L2 cache to try, the whole table last; bytes. */
export function entryChoices({ clusterBytes }: Geometry): readonly number[] {
  return [...new Set([...entrySizes.filter((bytes) => bytes < clusterBytes), clusterBytes])];
}

/** Bytes of the L2 tables that the disk uses: the last one may be used in part only. */
function usedBytes({ l2FullCoverageBytes, clusterCount, l2EntryBytes }: Geometry): number {
  return Math.min(l2FullCoverageBytes, clusterCount * l2EntryBytes);
}

/** Sizes of an L2 cache below full coverage, in whole entries; each once, largest first. @param step doublings between two of them */
export function partialCaches(geometry: Geometry, entryBytes: number, step: number): readonly number[] {
  const used = usedBytes(geometry);
  const count = Math.round(-Math.log2(leastShare) / step);
  const sizes = Array.from({ length: count + 1 }, (_, index) => {
    return Math.ceil((used * 2 ** (-index * step)) / entryBytes) * entryBytes;
  });
  return [...new Set(sizes)].filter((bytes) => bytes < used);
}

/** Powers of two below full coverage, without QEMU's default. */
export function cacheLadder({ l2FullCoverageBytes }: Geometry): readonly number[] {
  return ladder.filter((bytes) => bytes < l2FullCoverageBytes && bytes !== defaultL2CacheMaximumBytes);
}

/** Every size of an L2 cache that a search may try beside QEMU's own: full coverage, and all of the above. */
export function cacheSizes(geometry: Geometry): readonly number[] {
  const partial = entryChoices(geometry).flatMap((entryBytes) => partialCaches(geometry, entryBytes, finestStep));
  return [...new Set([geometry.l2FullCoverageBytes, ...partial, ...cacheLadder(geometry)])].sort((a, b) => a - b);
}
