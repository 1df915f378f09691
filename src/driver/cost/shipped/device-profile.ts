import {
  type CacheFamily,
  type Cost,
  type CostCurve,
  type CostProfile,
  type CpuKind,
  costProfileSchema,
  type HostIoKind,
  type Locality,
} from '../cost-profile.ts';

/** What documents say about a device, microseconds at queue depth 1, the host's own work included. */
export interface DeviceFigures {
  readonly name: string;
  readonly source: string;
  /** A read or write of 4 KiB within the parts used last, and anywhere. */
  readonly readNear: number;
  readonly readFar: number;
  readonly writeNear: number;
  readonly writeFar: number;
  /** Each further KiB. */
  readonly readPerKiB: number;
  readonly writePerKiB: number;
  /** A sync after one overwrite; what a journal commit adds, and each further change in it. */
  readonly sync: number;
  readonly commit: number;
  readonly commitPerChange: number;
  readonly locality: Locality;
  /** Requests that the device serves at once. */
  readonly parallelism: number;
  /** Relative standard deviation between devices of the class; the only spread of a shipped profile that matters. */
  readonly spread: number;
}

/**
 * Work of the processor, nanoseconds, and of the file system, microseconds: means of qtune's own calibration.
 * @source `qtune doctor --calibrate` on a two-core virtual machine, QEMU 7.2, Linux 6.18, ext4, cache=none, aio=io_uring
 */
const cpuNs: Readonly<Record<CpuKind, number>> = {
  read: 900,
  write: 700,
  discard: 500,
  writeZeroes: 450,
  sync: 600,
  part: 1800,
  lookup: 12,
  step: 0.6,
  miss: 6000,
  flushStep: 1.8,
  refcountStep: 20,
  overlapStep: 0.6,
  allocate: 700,
  zeroByte: 0.02,
  copyByte: 0.06,
  inflateByte: 3,
};
const hostUs = {
  hole: 1.7,
  holePerKiB: 0.02,
  /** Out of the page cache and into it. */
  cached: 3,
  copied: 12,
  cachedPerKiB: 0.07,
  convert: 20,
  allocate: 40,
  zero: 18,
  punch: 90,
};

const sizes = [4096, 65_536, 2_097_152];
const counts = [1, 64];

/** A whole profile from a device's figures: cost = fixed + size, with what the file system adds to a write that allocates. */
export function deviceProfile(figures: DeviceFigures, cache: CacheFamily): CostProfile {
  const { spread } = figures;
  const buffered = cache === 'buffered';
  const bySize = (us: number, usPerKiB: number): CostCurve =>
    sizes.map((at) => ({ at, ns: Math.round((us + ((at - 4096) / 1024) * usPerKiB) * 1000), spread }));
  const byCount = (us: number, usEach: number): CostCurve =>
    counts.map((at) => ({ at, ns: Math.round((us + (at - 1) * usEach) * 1000), spread }));
  const cost = (ns: number): Cost => ({ ns, spread });
  const write = (usMore: number): CostCurve => bySize(figures.writeNear + usMore, figures.writePerKiB);
  const memory = (us: number): CostCurve => bySize(us, hostUs.cachedPerKiB);
  const device: Record<HostIoKind, CostCurve> = {
    readNear: bySize(figures.readNear, figures.readPerKiB),
    readFar: bySize(figures.readFar, figures.readPerKiB),
    readCached: bySize(hostUs.cached, hostUs.cachedPerKiB),
    readHole: bySize(hostUs.hole, hostUs.holePerKiB),
    writeNear: write(0),
    writeFar: bySize(figures.writeFar, figures.writePerKiB),
    writeUnwritten: write(hostUs.convert),
    writeHole: write(hostUs.allocate),
    writeHoleNext: write(hostUs.convert),
    writeExtend: write(hostUs.allocate),
    zeroHole: bySize(hostUs.zero, 0),
    zeroExtend: bySize(hostUs.zero, 0),
    zeroAllocated: bySize(hostUs.zero, 0),
    discard: bySize(hostUs.punch, 0),
  };
  // Through the page cache a write ends in memory; the device is met by reads of what is not there, and by syncs.
  const written: Partial<Record<HostIoKind, CostCurve>> = buffered
    ? {
        writeNear: memory(hostUs.copied),
        writeFar: memory(hostUs.copied),
        writeUnwritten: memory(hostUs.copied),
        writeHole: memory(hostUs.copied),
        writeHoleNext: memory(hostUs.copied),
        writeExtend: memory(hostUs.copied),
        readHole: memory(hostUs.cached * 2),
      }
    : {};
  const writeBack = figures.sync + figures.writeFar;
  return {
    schema: costProfileSchema,
    name: `${figures.name}-${cache}`,
    source: figures.source,
    measuredAt: null,
    qemu: null,
    fileSystem: 'ext4',
    cache,
    aio: 'io_uring',
    locality: figures.locality,
    io: { ...device, ...written },
    sync: {
      writes: buffered ? byCount(writeBack, figures.writeFar / figures.parallelism) : byCount(figures.sync, 0),
      changes: byCount(figures.commit, figures.commitPerChange),
      dirtyByte: cost(buffered ? (figures.writePerKiB * 1000) / 1024 : 0),
      discard: cost(0),
    },
    cpu: Object.fromEntries(Object.entries(cpuNs).map(([kind, ns]) => [kind, cost(ns)])) as CostProfile['cpu'],
    parallelism: figures.parallelism,
    drift: spread,
    // What the published means were taken over, stalls included.
    stalls: 0,
  };
}
