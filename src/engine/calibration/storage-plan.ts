const kib = 1024;
const mib = 1024 * kib;
const gib = 1024 * mib;

/** A size in bytes with the number of requests of it in one round. */
export type SizeCounts = readonly (readonly [bytes: number, count: number])[];

/** Requests at the start of a process that are not measured. */
export const warmUpCount = 150;

/** Sizes that are measured: enough requests that a mean means something, in about equal time. */
export const inPlaceSizes: SizeCounts = [
  [4 * kib, 80],
  [16 * kib, 50],
  [64 * kib, 50],
  [256 * kib, 16],
  [512 * kib, 12],
  [mib, 8],
  [2 * mib, 8],
];
export const nearSizes: SizeCounts = [
  [4 * kib, 60],
  [64 * kib, 30],
  [256 * kib, 12],
  [mib, 6],
];
export const holeSizes: SizeCounts = nearSizes;
/** Writes between two syncs, with the number of syncs. */
export const syncCounts: SizeCounts = [
  [1, 60],
  [3, 24],
  [8, 12],
  [64, 4],
];
/** Cluster sizes of images that grow by zeroing a cluster and writing a part of it, or by writing a whole one. */
export const zeroedClusters: SizeCounts = [
  [16 * kib, 60],
  [64 * kib, 60],
  [512 * kib, 24],
  [2 * mib, 16],
];
export const filledClusters: SizeCounts = [
  [4 * kib, 60],
  [64 * kib, 40],
  [512 * kib, 10],
  [2 * mib, 6],
];
/** Ranges given back, in runs such as guests send them, with a sync behind each run. */
export const discardedSizes: SizeCounts = [
  [16 * kib, 24],
  [64 * kib, 24],
  [2 * mib, 8],
];
export const discardRun = 4;
/** What is written before a sync to see what its bytes cost. */
export const syncedBytes = mib;
/** Misses of the L2 cache, each followed by a hit. */
export const missCount = 150;
/** Parts that a request of the scattered image splits into. @source QEMU block/qcow2.h, QCOW2_MAX_WORKERS */
export const scatteredParts = 8;

/** Length of the written file by cache family, which every round writes anew; what goes through the page cache stays in it. */
export const writtenBytes = { direct: 256 * mib, buffered: 128 * mib } as const;
/** The part of it that counts as near: no more regions than {@link storageLocality} remembers. */
export const nearBytes = 32 * mib;
/** Length of the file of holes, and the slots that it is used in, each once. */
export const holeFileBytes = 8 * gib;
export const slotBytes = 2 * mib;
/**
 * How the written file is filled. Through the page cache in pieces such as images are written in: the kernel keeps the pages of one write
 * together, and a later write into a large group costs more.
 */
export const fillBytes = { direct: 2 * mib, buffered: 64 * kib } as const;
/** Memory that is made ready for the page cache: more than a round allocates. */
export const readyMemoryBytes = 256 * mib;
export const scatteredBytes = 8 * mib;

/**
 * What counts as near: within the last sixteen regions of 4 MiB that were used. Many devices, and the layers beneath virtual ones,
 * keep their mapping in pieces of megabytes and a few of them at hand. Where a device has no such pieces, near and far cost the same.
 */
export const storageLocality = { regionBytes: 4 * mib, regions: 16 } as const;
