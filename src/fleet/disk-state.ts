import {
  defaultL2CacheMaximumBytes,
  defaultPartialEntryBytes,
  minimumL2EntryCount,
  minimumRefcountTableCount,
} from '../settings/cache-sizing.ts';
import type { DiskFacts } from './disk-groups.ts';
import { type MissCurve, workingSetOf } from './miss-curve.ts';

/** The metadata caches of one disk, its chain included. Bytes of memory. */
export interface DiskState {
  /** L2 cache of the active image as QEMU sets it up. */
  l2Bytes: number;
  /** Refcount caches of all images of the chain. */
  refcountBytes: number;
  /** L2 caches of the backing images, which keep QEMU's defaults. */
  backingBytes: number;
  /** All of these full. */
  worstBytes: number;
  /** L2 cache of the active image that maps the whole disk. */
  fullBytes: number;
  /** Steps in which the cache can be set, and the least. */
  entryBytes: number;
  leastBytes: number;
  /** L2 cache beyond which this disk saves no more misses: its working set, as far as it has data. */
  needBytes: number;
}

export function emptyState(): DiskState {
  return {
    l2Bytes: 0,
    refcountBytes: 0,
    backingBytes: 0,
    worstBytes: 0,
    fullBytes: 0,
    entryBytes: 0,
    leastBytes: 0,
    needBytes: 0,
  };
}

/** QEMU gives back entries that were not used for this long, seconds. @source QEMU block/qcow2.h, DEFAULT_CACHE_CLEAN_INTERVAL */
const cleanIntervalSeconds = 600;

/**
 * Works out one disk of a group. Images of its chain are taken to have its size and cluster size. The same sizes as
 * `settings/cache-sizing.ts` has, without an object for each step: a million disks are gone through several times.
 * @param into is filled and returned
 */
export function stateOf(facts: DiskFacts, curve: MissCurve, into: DiskState): DiskState {
  const { diskBytes, clusterBytes, extendedL2, imageCount, l2CacheBytes } = facts;
  const entryBytes = Math.min(clusterBytes, defaultPartialEntryBytes);
  const fullBytes = fullCoverageBytes(diskBytes, clusterBytes, extendedL2);
  into.l2Bytes = cacheLimitBytes(fullBytes, l2CacheBytes, clusterBytes);
  into.refcountBytes = imageCount * minimumRefcountTableCount * clusterBytes;
  into.backingBytes = (imageCount - 1) * cacheLimitBytes(fullBytes, -1, clusterBytes);
  into.worstBytes = into.l2Bytes + into.refcountBytes + into.backingBytes;
  into.fullBytes = fullBytes;
  into.entryBytes = entryBytes;
  into.leastBytes = minimumL2EntryCount * entryBytes;
  const needBytes = neededBytes(workingSetOf(curve, diskBytes), facts.allocatedBytes, clusterBytes, extendedL2);
  // Of a cache for the only table QEMU makes one for two; with an entry less it takes what it is told.
  const isWholeTable = needBytes >= fullBytes && fullBytes < minimumL2EntryCount * clusterBytes;
  into.needBytes = isWholeTable ? Math.max(into.leastBytes, fullBytes - entryBytes) : needBytes;
  return into;
}

/** Every L2 table of a disk. */
export function fullCoverageBytes(diskBytes: number, clusterBytes: number, extendedL2: boolean): number {
  const entriesPerTable = clusterBytes / (extendedL2 ? 16 : 8);
  return Math.ceil(Math.ceil(diskBytes / clusterBytes) / entriesPerTable) * clusterBytes;
}

/**
 * L2 cache that maps a working set, as far as it has data: clusters with data are in at most as many entries as there are
 * such clusters.
 */
export function neededBytes(
  workingSet: number,
  allocatedBytes: number,
  clusterBytes: number,
  extendedL2: boolean,
): number {
  const entryBytes = Math.min(clusterBytes, defaultPartialEntryBytes);
  const entryCoverage = (entryBytes / (extendedL2 ? 16 : 8)) * clusterBytes;
  const entries = Math.min(Math.ceil(workingSet / entryCoverage), Math.ceil(allocatedBytes / clusterBytes));
  return Math.max(entries, minimumL2EntryCount) * entryBytes;
}

/** L2 cache that is set up under an `l2-cache-size`, or QEMU's default where that is −1. */
export function cacheLimitBytes(fullBytes: number, l2CacheBytes: number, clusterBytes: number): number {
  const asked = l2CacheBytes === -1 ? defaultL2CacheMaximumBytes : l2CacheBytes;
  // Entries are whole tables then, and there are two even where the disk has one.
  if (asked >= fullBytes) return Math.max(fullBytes, minimumL2EntryCount * clusterBytes);
  const entryBytes = Math.min(clusterBytes, defaultPartialEntryBytes);
  return Math.max(minimumL2EntryCount, Math.floor(asked / entryBytes)) * entryBytes;
}

/** Misses per second of a disk with an L2 cache of that size. */
export function missesAt(facts: DiskFacts, state: DiskState, curve: MissCurve, l2Bytes: number): number {
  const left = curve.scaleRatio * (1 - curve.savedAt(Math.min(1, l2Bytes / state.needBytes)));
  return facts.requestsPerSecond * (left + curve.floorRatio);
}

/**
 * The memory that a disk's caches are expected to hold: entries that were used within `cache-clean-interval`, of those that the
 * working set has. Requests that would miss a cold cache are the ones that touch entries not touched just before; n entries
 * touched at random k times leave n·exp(−k/n) untouched. An idle disk holds nothing. Of the refcount cache a block per image is
 * in use, since new clusters are taken one after the other.
 */
export function expectedBytes(facts: DiskFacts, state: DiskState, curve: MissCurve): number {
  const { requestsPerSecond, imageCount, clusterBytes } = facts;
  if (requestsPerSecond === 0) return 0;
  const entryCount = state.needBytes / state.entryBytes;
  const touches = requestsPerSecond * (curve.scaleRatio + curve.floorRatio) * cleanIntervalSeconds;
  const touchedBytes = Math.ceil(entryCount * -Math.expm1(-touches / entryCount)) * state.entryBytes;
  const active = Math.min(state.l2Bytes, touchedBytes);
  const backing = Math.min(state.backingBytes, (imageCount - 1) * touchedBytes);
  return active + backing + imageCount * clusterBytes;
}
