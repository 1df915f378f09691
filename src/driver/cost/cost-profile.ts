/** Version of the stored form. A profile with another one is not read. */
export const costProfileSchema = 'qtune.costs/1';

/** One measured or published cost. */
export interface Cost {
  /** Nanoseconds, the mean over many: latencies add up, so the mean predicts a sum where a median would not. */
  readonly ns: number;
  /** Relative standard deviation of that mean from one run to the next, 0…1. */
  readonly spread: number;
}

/** A cost at one size in bytes, or after one number of events. */
export interface CostPoint extends Cost {
  readonly at: number;
}

/** Points in increasing order of `at`: linear between two of them, flat below the first, the last slope beyond the last. */
export type CostCurve = readonly CostPoint[];

/**
 * Kinds of host I/O that cost differently, by bytes. `near` and `far`: within the parts of the device used last or not
 * (see {@link Locality}). A hole has no blocks, unwritten blocks are reserved and read as zeroes.
 */
export const hostIoKinds = [
  'readNear',
  'readFar',
  /** From the page cache; buffered modes only. */
  'readCached',
  /** A hole or unwritten blocks: no device is asked. */
  'readHole',
  /** Written blocks, overwritten in place. */
  'writeNear',
  'writeFar',
  /** Into unwritten blocks: the file system turns them into written ones. */
  'writeUnwritten',
  /** Into a hole: the file system allocates. */
  'writeHole',
  /** The same right behind what was written last, so that the file system extends what it has. */
  'writeHoleNext',
  /** Beyond the end of the file. */
  'writeExtend',
  /** FALLOC_FL_ZERO_RANGE on a hole, beyond the end of the file, and on blocks that are there. */
  'zeroHole',
  'zeroExtend',
  'zeroAllocated',
  /** FALLOC_FL_PUNCH_HOLE. */
  'discard',
] as const;
export type HostIoKind = (typeof hostIoKinds)[number];

/** Work of the processor inside the driver; per event, per byte for the names that end in `Byte`. */
export const cpuKinds = [
  /** A request from call to return with one mapping and without host I/O. */
  'read',
  'write',
  'discard',
  'writeZeroes',
  'sync',
  /** Each further part of a request that splits, and each read of what is copied on write. */
  'part',
  /** A lookup in a cache beyond a request's first, and one entry compared in its walk. */
  'lookup',
  'step',
  /** What a miss costs beyond its read: a coroutine that waits, and caches of the processor that are cold afterwards. */
  'miss',
  /** An entry of a cache looked at by a flush. @source QEMU block/qcow2-cache.c, qcow2_cache_write */
  'flushStep',
  /** A cluster looked at for free space; a range compared in an overlap check. */
  'refcountStep',
  'overlapStep',
  /** A cluster allocated: its refcount, its entry, the bookkeeping. */
  'allocate',
  'zeroByte',
  'copyByte',
  'inflateByte',
] as const;
export type CpuKind = (typeof cpuKinds)[number];

/** What one fdatasync costs: the sum of four terms, by what was done to the file since the last one. */
export interface SyncCosts {
  /** By the number of separate ranges written. */
  readonly writes: CostCurve;
  /** What file-system metadata adds, by the number of changes of it: blocks allocated, converted, freed, a new length. */
  readonly changes: CostCurve;
  /** Each dirty byte beyond 4 KiB a range: what the page cache has to write back, or the device. */
  readonly dirtyByte: Cost;
  /** Each range given back by a discard. */
  readonly discard: Cost;
}

/** Which parts of a device answer faster because they were used just now: a disk's head, a mapping table's cache. */
export interface Locality {
  readonly regionBytes: number;
  /** How many regions are remembered, least recently used first out; 0 where all are alike. */
  readonly regions: number;
}

/** Costs of one machine for one way to do I/O, at queue depth 1. Plain data, stored as JSON. */
export interface CostProfile {
  readonly schema: typeof costProfileSchema;
  readonly name: string;
  /** Where the figures come from: a measurement with its machine, or documents. */
  readonly source: string;
  /** ISO 8601 time of the measurement; null for a shipped profile. */
  readonly measuredAt: string | null;
  /** QEMU's version line, null for a shipped profile. */
  readonly qemu: string | null;
  readonly fileSystem: string;
  /** `direct`: past the page cache (`cache=none`, `directsync`); `buffered`: through it. */
  readonly cache: CacheFamily;
  readonly aio: 'io_uring' | 'native' | 'threads';
  readonly locality: Locality;
  readonly io: Readonly<Record<HostIoKind, CostCurve>>;
  readonly sync: SyncCosts;
  readonly cpu: Readonly<Record<CpuKind, Cost>>;
  /** How far requests that the driver makes together overlap: the largest number that the device serves at once. */
  readonly parallelism: number;
  /** Relative standard deviation that all costs of a run share: a machine that is as a whole slower now than then. */
  readonly drift: number;
  /**
   * Time lost in stalls over the time that requests usually take: waits of many times the usual latency, which come from whatever
   * else the machine does and hit every kind of request. Part of a mean rate, not of a typical latency.
   */
  readonly stalls: number;
}

export type CacheFamily = 'direct' | 'buffered';

/** The family that a cache mode of `-drive` belongs to. @source QEMU block.c, bdrv_parse_cache_mode */
export function cacheFamilyOf(cache: string): CacheFamily {
  return cache === 'none' || cache === 'off' || cache === 'directsync' ? 'direct' : 'buffered';
}
