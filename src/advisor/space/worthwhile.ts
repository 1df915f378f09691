import type { Geometry } from '../../qcow2/geometry.ts';
import { type CacheSizes, defaultL2CacheMaximumBytes } from '../../settings/cache-sizing.ts';
import type { SettingValues } from '../../settings/configuration.ts';
import { geometryOf } from '../../settings/resolve.ts';
import type { AdviceRequest } from '../advice-request.ts';
import { createChoices } from '../candidates.ts';

/**
 * Entries of a cache at most: what QEMU's default has, 32 MiB in slices of 4 KiB. Each miss and each flush looks at every entry, so larger
 * caches do better with larger ones.
 */
const maximumEntryCount = defaultL2CacheMaximumBytes / 4096;

/** Entries of an L1 table from which walking it before each write shows: a shape with more is worth no look while others hold the disk. */
const longL1EntryCount = 16_384;

/** What arithmetic looks at. */
interface Caches {
  readonly geometry: Geometry;
  readonly cache: CacheSizes;
  readonly drive: SettingValues;
}

/**
 * Tells settings that arithmetic knows to be no better than others: memory beyond what covers the disk with default clusters, caches below
 * full coverage that cover the disk all the same, more entries than are worth looking through, and long L1 tables.
 */
export function worthwhile(request: AdviceRequest): (caches: Caches) => boolean {
  const usual = geometryOf(request.diskBytes, {});
  const mostBytes = Math.max(usual.l2FullCoverageBytes, defaultL2CacheMaximumBytes);
  const isShort = ({ l1EntryCount }: Geometry) => l1EntryCount <= longL1EntryCount;
  const someShort = createChoices(request, {}).some((create) => isShort(geometryOf(request.diskBytes, create)));
  return ({ cache, geometry, drive }) => {
    if (someShort && !isShort(geometry)) return false;
    const stated = 'l2-cache-size' in drive;
    if (stated && cache.coveredBytes >= geometry.diskBytes && cache.l2Bytes < geometry.l2FullCoverageBytes)
      return false;
    return cache.l2Bytes <= mostBytes && (cache.l2EntryCount <= maximumEntryCount || !stated);
  };
}
