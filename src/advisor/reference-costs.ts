/** Costs of one machine, microseconds at queue depth 1. Tables are [cluster or unit in bytes, cost], read by interpolation. */
export interface ReferenceCosts {
  readonly name: string;
  readonly source: string;
  /** A 4 KiB read whose L2 entry is cached. */
  readonly hit: number;
  /** What a miss adds: reading an L2 entry of 0 bytes, and each KiB of it. */
  readonly missFixed: number;
  readonly missPerKiB: number;
  /** A 4 KiB write into an allocated cluster. */
  readonly writeInPlace: number;
  /** The same where the cluster has its place but the host's file system has not given it blocks yet, and what that adds to a flush. */
  readonly writeIntoHole: number;
  readonly flushHole: number;
  /** Each KiB of a request beyond the first four. */
  readonly transferPerKiB: number;
  /** A 4 KiB write that allocates, no backing file: by cluster size, without and with subclusters. */
  readonly allocate: CostTable;
  readonly allocateSubcluster: CostTable;
  /** A 4 KiB write that copies the rest from a backing file: by cluster size, and by subcluster size. */
  readonly copy: CostTable;
  readonly copySubcluster: CostTable;
  /** A guest flush with no metadata to write, and what metadata adds: fixed and for each KiB of tables written. */
  readonly flush: number;
  readonly flushMetadata: number;
  readonly flushPerKiB: number;
}

export type CostTable = readonly (readonly [bytes: number, microseconds: number])[];

const kib = 1024;

/**
 * An SSD of 2017 to 2019, from the figures that QEMU's developers published with their changes: 1e6 over their IOPS.
 * @source hit and miss: QEMU commit af39bd0d9a (40 GB image, caches of 1, 3 and 5 MiB; entries of 4, 16, 64 and 256 KiB lie on one
 * line). Writes: RFC cover letter "Add subcluster allocation to qcow2", 2019-10-15. Flushes: QEMU commit f3c3b87dae, about 1,100 a second,
 * two of the host's per guest flush; what a hole adds is in the proportion seen on {@link designMachine}.
 */
export const publishedSsd: ReferenceCosts = {
  name: 'published-ssd',
  source: 'QEMU commits af39bd0d9a and f3c3b87dae, RFC cover letter of 2019-10-15',
  hit: 18,
  missFixed: 148,
  missPerKiB: 4.2,
  writeInPlace: 68,
  writeIntoHole: 70,
  flushHole: 140,
  transferPerKiB: 0.5,
  allocate: [
    [4 * kib, 10_753],
    [8 * kib, 1855],
    [16 * kib, 132],
    [32 * kib, 84],
    [64 * kib, 75],
    [128 * kib, 75],
    [256 * kib, 70.5],
    [512 * kib, 69.7],
    [1024 * kib, 68.4],
    [2048 * kib, 68.6],
  ],
  allocateSubcluster: [
    [16 * kib, 240],
    [32 * kib, 88],
    [64 * kib, 74],
    [128 * kib, 80.4],
    [256 * kib, 82.8],
    [512 * kib, 82.2],
    [1024 * kib, 81.3],
    [2048 * kib, 78.2],
  ],
  copy: [
    [4 * kib, 10_526],
    [8 * kib, 1669],
    [16 * kib, 278],
    [32 * kib, 378],
    [64 * kib, 598],
    [128 * kib, 1149],
    [256 * kib, 1767],
    [512 * kib, 2786],
    [1024 * kib, 4651],
    [2048 * kib, 4673],
  ],
  copySubcluster: [
    [0.5 * kib, 242],
    [kib, 89],
    [2 * kib, 75],
    [4 * kib, 81],
    [8 * kib, 104],
    [16 * kib, 202],
    [32 * kib, 366],
    [64 * kib, 613],
  ],
  flush: 455,
  flushMetadata: 455,
  flushPerKiB: 0.5,
};

/**
 * The two-core virtual machine of qtune's design, ext4 on a virtio disk, QEMU 7.2, cache=none, aio=io_uring, `qemu-io` on one CPU.
 * @source hit and miss: reads of a 20 GiB image take 2.6 µs inside the driver where the cache covers it; with 1 MiB (60 % misses) 35, 44 and
 * 68 µs in entries of 4, 16 and 64 KiB. Design, section 3, has the same with the tool's own time per command: 161,000 and 21,900 op/s. Writes and
 * flushes: means of 300 to 1,500 random 4 KiB writes into a 20 GiB disk there; the backing file was a raw hole, so copies are cheap.
 */
export const designMachine: ReferenceCosts = {
  name: 'design-machine',
  source: 'design, section 3, and the same machine',
  hit: 2.6,
  missFixed: 51,
  missPerKiB: 0.9,
  writeInPlace: 57,
  writeIntoHole: 95,
  flushHole: 72,
  transferPerKiB: 0.2,
  allocate: [
    [4 * kib, 587],
    [16 * kib, 353],
    [64 * kib, 140],
    [512 * kib, 89],
    [2048 * kib, 87],
  ],
  allocateSubcluster: [
    [16 * kib, 240],
    [64 * kib, 90],
    [128 * kib, 80],
    [2048 * kib, 91],
  ],
  copy: [
    [4 * kib, 587],
    [16 * kib, 333],
    [64 * kib, 136],
    [512 * kib, 323],
    [2048 * kib, 1045],
  ],
  copySubcluster: [
    [0.5 * kib, 240],
    [2 * kib, 90],
    [4 * kib, 80],
    [64 * kib, 141],
  ],
  flush: 72,
  flushMetadata: 235,
  flushPerKiB: 0.21,
};

/** Reads a cost from a table: log-log between two rows, the nearest row outside. */
export function costAt(table: CostTable, bytes: number): number {
  let below = table[0];
  for (const row of table) {
    if (row[0] > bytes) {
      if (!below || below[0] >= row[0]) return row[1];
      const position = Math.log(bytes / below[0]) / Math.log(row[0] / below[0]);
      return below[0] > bytes ? below[1] : Math.exp(Math.log(below[1]) * (1 - position) + Math.log(row[1]) * position);
    }
    below = row;
  }
  return below?.[1] ?? 0;
}
