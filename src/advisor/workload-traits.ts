/**
 * What the arithmetic needs to know of a workload: plain numbers, each from a recording or a published experiment. A
 * measurement (`--measure`) replays real requests instead and does not look at these.
 */
export interface WorkloadTraits {
  /** The word that `--workload` takes. */
  readonly name: string;
  readonly title: string;
  /** Where the numbers come from. */
  readonly source: string;
  /** Reads among reads and writes, 0…1. */
  readonly readRatio: number;
  /** Typical request, bytes; what lies below the unit of allocation has to be filled up. */
  readonly requestBytes: number;
  /** Writes that are the first to touch their 64 KiB cluster, 0…1. */
  readonly firstWriteRatio: number;
  /** Guest flushes per write. */
  readonly syncsPerWrite: number;
  /** The part of the disk in use over and over: a share of the disk (`ratio`) or, where a recording says so, bytes. */
  readonly workingSet: { readonly ratio: number } | { readonly bytes: number };
  /**
   * Miss ratio of the L2 cache when it covers a share c of the working set: `scale × (1 − c)^skew`. Uniform random access is
   * scale 1, skew 1; locality lowers the scale, a hot part raises the skew.
   */
  readonly missScale: number;
  readonly missSkew: number;
  /** Bytes allocated beyond those written, per byte written, with 64 KiB as the unit of allocation. */
  readonly fillRatio: number;
  /**
   * Bytes allocated over the distinct bytes written, by the unit of allocation in bytes (powers of two from 4 KiB to 2 MiB),
   * counted in the workload's own requests; absent where there are none, or where they meet an image that is allocated.
   */
  readonly allocatedRatios?: ReadonlyMap<number, number>;
  /**
   * Entries of 4 KiB of an L2 cache, clusters of 64 KiB, that give 99 % of the hits that any cache can give: counted in the workload's own
   * requests; absent where there are none.
   */
  readonly neededSliceCount?: number;
  /** Whether the guest usually trims deleted data. */
  readonly trims: boolean;
}

const gibibyte = 2 ** 30;
const recorded = 'qtune workload study, "What a VM disk does": cache misses and copy-on-write of recorded block traces';

/** Every word that `--workload` takes, in the order of the help text; the first is the default. */
export const workloadTraits: readonly WorkloadTraits[] = [
  {
    name: 'general',
    title: 'small random reads and writes all over the disk',
    source: `worst case for the cache: uniform over the whole disk; share of writes and allocation of the CloudPhysics virtual machine (${recorded})`,
    readRatio: 0.41,
    requestBytes: 4096,
    firstWriteRatio: 0.21,
    syncsPerWrite: 0,
    workingSet: { ratio: 1 },
    missScale: 1,
    missSkew: 1,
    // A first write of 4 KiB leaves 60 KiB to fill: 0.21 × 60 / 4.
    fillRatio: 3.15,
    trims: true,
  },
  {
    name: 'database',
    title: 'a transactional database: 8 KiB random, a flush for every two to three writes',
    source: `TPC-C on 217 GiB (2,506 areas of 32 MiB in use) for the footprint, pgbench for flushes and allocation (${recorded})`,
    readRatio: 0.63,
    requestBytes: 8192,
    firstWriteRatio: 0.12,
    syncsPerWrite: 0.4,
    workingSet: { ratio: 0.36 },
    missScale: 1,
    missSkew: 1.5,
    fillRatio: 0.52,
    trims: false,
  },
  {
    name: 'vdi',
    title: 'a desktop: mixed requests of tens of kilobytes with much locality',
    source: `the CloudPhysics virtual machine: 388 areas of 32 MiB in use; no flushes recorded (${recorded})`,
    readRatio: 0.41,
    requestBytes: 36_864,
    firstWriteRatio: 0.21,
    syncsPerWrite: 0,
    workingSet: { bytes: 12.1 * gibibyte },
    missScale: 0.093,
    missSkew: 12.5,
    fillRatio: 0.21,
    trims: true,
  },
  {
    name: 'fileserver',
    title: 'a file server: mostly reads of tens of kilobytes, new files',
    source: `the DTRS server: 944 areas of 32 MiB in use (${recorded})`,
    readRatio: 0.89,
    requestBytes: 56_320,
    firstWriteRatio: 0.71,
    syncsPerWrite: 0,
    workingSet: { bytes: 29.5 * gibibyte },
    missScale: 0.03,
    missSkew: 1,
    fillRatio: 0.48,
    trims: true,
  },
  {
    name: 'build',
    title: 'building and installing software: small writes, very many flushes',
    source: `debootstrap and apt: 33 to 48 areas of 32 MiB in use (${recorded})`,
    readRatio: 0.16,
    requestBytes: 12_288,
    firstWriteRatio: 0.26,
    syncsPerWrite: 0.75,
    workingSet: { bytes: 1.5 * gibibyte },
    missScale: 0.08,
    missSkew: 3,
    fillRatio: 0.19,
    trims: true,
  },
  {
    name: 'backup-target',
    title: 'large sequential writes that fill the disk',
    source: `chosen: 1 MiB sequential writes; alignment losses as RocksDB's (${recorded})`,
    readRatio: 0.05,
    requestBytes: 2 ** 20,
    firstWriteRatio: 1,
    syncsPerWrite: 0.01,
    workingSet: { ratio: 1 },
    missScale: 0.002,
    missSkew: 1,
    fillRatio: 0.06,
    trims: true,
  },
  {
    name: 'boot',
    title: 'booting a guest: reads of tens of kilobytes, mostly once',
    source: `boot of Debian 12: 50 areas of 32 MiB in use; no flushes recorded (${recorded})`,
    readRatio: 0.71,
    requestBytes: 38_912,
    firstWriteRatio: 0.12,
    syncsPerWrite: 0,
    workingSet: { bytes: 1.56 * gibibyte },
    missScale: 0.16,
    missSkew: 1.6,
    fillRatio: 0.46,
    trims: false,
  },
  {
    name: 'random-read',
    title: '4 KiB reads spread evenly over the whole disk',
    source: 'KVM Forum 2017, "Improving the performance of the qcow2 format": random 4 KiB reads of a full image',
    readRatio: 1,
    requestBytes: 4096,
    firstWriteRatio: 0,
    syncsPerWrite: 0,
    workingSet: { ratio: 1 },
    missScale: 1,
    missSkew: 1,
    fillRatio: 0,
    trims: false,
  },
  {
    name: 'random-write',
    title: '4 KiB writes spread evenly over an empty disk',
    source: 'KVM Forum 2020, "Subcluster allocation": 100 MB of random 4 KiB writes grow a default image to 1.6 GB',
    readRatio: 0,
    requestBytes: 4096,
    firstWriteRatio: 1,
    syncsPerWrite: 0,
    workingSet: { ratio: 1 },
    missScale: 1,
    missSkew: 1,
    fillRatio: 15,
    trims: false,
  },
  {
    name: 'sequential-read',
    title: '64 KiB reads one after the other',
    source: 'each L2 entry of 4 KiB serves 512 clusters of 64 KiB in turn',
    readRatio: 1,
    requestBytes: 65_536,
    firstWriteRatio: 0,
    syncsPerWrite: 0,
    workingSet: { ratio: 1 },
    missScale: 0.002,
    missSkew: 1,
    fillRatio: 0,
    trims: false,
  },
  {
    name: 'sequential-write',
    title: '64 KiB writes one after the other into an empty disk',
    source: 'each L2 entry of 4 KiB serves 512 clusters of 64 KiB in turn; every cluster is filled',
    readRatio: 0,
    requestBytes: 65_536,
    firstWriteRatio: 1,
    syncsPerWrite: 0,
    workingSet: { ratio: 1 },
    missScale: 0.002,
    missSkew: 1,
    fillRatio: 0,
    trims: false,
  },
];

/** The traits of a plain word, or undefined. */
export function findTraits(name: string): WorkloadTraits | undefined {
  return workloadTraits.find((traits) => traits.name === name);
}

/** Bytes of the disk that the workload uses over and over; at most the disk. */
export function workingSetBytes(traits: WorkloadTraits, diskBytes: number): number {
  const wanted = 'ratio' in traits.workingSet ? traits.workingSet.ratio * diskBytes : traits.workingSet.bytes;
  return Math.min(diskBytes, wanted);
}
