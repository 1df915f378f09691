import {
  type Cost,
  type CostCurve,
  type CostProfile,
  type CpuKind,
  costProfileSchema,
  type HostIoKind,
  hostIoKinds,
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
  read: 1200,
  write: 1600,
  discard: 2000,
  writeZeroes: 2500,
  sync: 600,
  part: 1500,
  lookup: 60,
  step: 1.2,
  flushStep: 1.8,
  refcountStep: 15,
  overlapStep: 1,
  allocate: 1500,
  zeroByte: 0.03,
  copyByte: 0.05,
  inflateByte: 3,
};
const hostUs = {
  hole: 1.6,
  holePerKiB: 0.02,
  cached: 3,
  cachedPerKiB: 0.07,
  convert: 20,
  allocate: 40,
  zero: 18,
  punch: 90,
};

const sizes = [4096, 65_536, 2_097_152];
const counts = [1, 64];

/** A whole profile from a device's figures: cost = fixed + size, with what the file system adds to a write that allocates. */
export function deviceProfile(figures: DeviceFigures): CostProfile {
  const { spread } = figures;
  const bySize = (us: number, usPerKiB: number): CostCurve =>
    sizes.map((at) => ({ at, ns: Math.round((us + ((at - 4096) / 1024) * usPerKiB) * 1000), spread }));
  const byCount = (us: number, usEach: number): CostCurve =>
    counts.map((at) => ({ at, ns: Math.round((us + (at - 1) * usEach) * 1000), spread }));
  const cost = (ns: number): Cost => ({ ns, spread });
  const write = (usMore: number): CostCurve => bySize(figures.writeNear + usMore, figures.writePerKiB);
  const io: Record<HostIoKind, CostCurve> = {
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
  return {
    schema: costProfileSchema,
    name: figures.name,
    source: figures.source,
    measuredAt: null,
    qemu: null,
    fileSystem: 'ext4',
    cache: 'direct',
    aio: 'io_uring',
    locality: figures.locality,
    io: Object.fromEntries(hostIoKinds.map((kind) => [kind, io[kind]])) as CostProfile['io'],
    sync: {
      writes: byCount(figures.sync, 0),
      changes: byCount(figures.commit, figures.commitPerChange),
      dirtyByte: cost(0),
      discard: cost(0),
    },
    cpu: Object.fromEntries(Object.entries(cpuNs).map(([kind, ns]) => [kind, cost(ns)])) as CostProfile['cpu'],
    parallelism: figures.parallelism,
    drift: spread,
  };
}
