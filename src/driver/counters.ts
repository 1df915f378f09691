/** What the driver did besides host I/O: the inputs of its CPU cost. Plain numbers, counted from the open of the image. */
export class DriverCounters {
  /** Guest requests by kind. */
  reads = 0;
  writes = 0;
  discards = 0;
  writeZeroes = 0;
  syncs = 0;
  /** Guest bytes. */
  readBytes = 0;
  writtenBytes = 0;
  /** Parts that requests were served in; equal to the requests unless some split. */
  parts = 0;
  /** Lookups in the L2 cache and in the refcount cache, and those that had to replace an entry. */
  l2Lookups = 0;
  l2Misses = 0;
  refcountLookups = 0;
  refcountMisses = 0;
  /** Entries compared in all lookups of either cache: the walk is linear from the entry that the offset hashes to. */
  cacheSteps = 0;
  /** Entries of either cache that were looked at for dirty ones to write. */
  flushSteps = 0;
  /** Dirty entries written back because another needed their place. */
  l2Evictions = 0;
  refcountEvictions = 0;
  /** Comparisons in overlap checks. */
  overlapSteps = 0;
  /** Clusters whose refcount was looked at to find free space or to detect preallocation. */
  refcountSteps = 0;
  /** Clusters allocated for data, and clusters copied on write (whole or in part). */
  allocatedClusters = 0;
  copiedClusters = 0;
  /** Bytes read to be copied on write. */
  copyOnWriteBytes = 0;
  /** Bytes that were inflated from compressed clusters. */
  inflatedBytes = 0;
  /** Bytes of reads answered with zeroes without host I/O. */
  zeroFilledBytes = 0;
  /** Largest number of L2 entries in use at once. */
  l2EntriesUsed = 0;
}
