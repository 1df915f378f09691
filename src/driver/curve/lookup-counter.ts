import type { RequestBlock } from '../../workload/request.ts';

/**
 * What a lookup is for. An allocating write is one of which a cluster in this slice was not written before by the same
 * requests: in an image that starts empty it allocates.
 */
export const LOOKUP_READ = 0;
export const LOOKUP_OVERWRITE = 1;
export const LOOKUP_ALLOCATE = 2;

/** Lookups or misses, counted by what they are for. In a sample they are estimates and need not be whole. */
export interface LookupCounts {
  readonly read: number;
  readonly overwrite: number;
  readonly allocate: number;
}

/** Misses at one cache size. `low` and `high` hold the true number of all misses at about 95 %; equal to it where nothing was sampled. */
export interface MissCounts extends LookupCounts {
  readonly total: number;
  readonly low: number;
  readonly high: number;
}

/** The L2 lookups of a pass over the requests, as far as a cache of any size is concerned. */
export interface LookupProfile {
  readonly lookups: LookupCounts;
  /** Slices that were looked up: entries that a cache needs so that only the first lookup of each misses. */
  readonly sliceCount: number;
  /** Share of the slices that were followed; 1 where the profile is exact. */
  readonly sampleRate: number;
  /** Slices that were followed. */
  readonly followedSliceCount: number;
  /** @param entryCount entries of the cache, at least 1 */
  missesAt(entryCount: number): MissCounts;
}

/** Takes requests in their order and counts the slices that they look up. */
export interface LookupCounter {
  add(block: RequestBlock): void;
  profile(): LookupProfile;
}

/** The part of the disk that one lookup is for, and the disk. All sizes are bytes. */
export interface SliceSpec {
  readonly diskBytes: number;
  readonly clusterBytes: number;
  /** Guest bytes that one entry of the L2 cache maps, a power of two. 4 KiB entries, 64 KiB clusters: 32 MiB. */
  readonly sliceBytes: number;
}

/** Slices that a counter can number; a disk of 8 PiB has this many at 16 MiB. */
export const maximumSliceCount = 2 ** 29;
