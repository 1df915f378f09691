import {
  type Cost,
  type CostCurve,
  type CostPoint,
  type CostProfile,
  costProfileSchema,
} from '../../driver/cost/cost-profile.ts';
import { CostTable } from '../../driver/cost/cost-table.ts';
import type { IoMode } from './bench.ts';
import * as driver from './measure-driver.ts';
import type { Samples } from './samples.ts';
import * as storage from './storage-plan.ts';

/** What was measured: one mode's host I/O, that of the direct mode of the same machine, and the driver's work. */
export interface Measured {
  readonly mode: IoMode;
  readonly storage: Samples;
  /** Past the page cache, for what a buffered mode reads that is not in memory; undefined where there is no such mode. */
  readonly device: Samples | undefined;
  readonly driver: Samples;
}

/** What a profile says of itself. */
export type ProfileIdentity = Pick<CostProfile, 'name' | 'source' | 'measuredAt' | 'qemu' | 'fileSystem'>;

/**
 * Bookkeeping of an allocated cluster: the part of an allocating write that cannot be told from its host I/O by measuring,
 * and is two orders of magnitude smaller. Taken as much as a write without any.
 */
const allocateWrites = 1;
/** A cached lookup takes as long as these many steps of a walk: a hash, a comparison, a list that it is moved in. Estimated. */
const lookupSteps = 20;
/** A further part of a request starts a coroutine and a task of its own: as much as these many reads. Estimated. */
const partReads = 2;
/** zlib inflates some 300 MB/s. @source QEMU commit d298ac10ad: 2.2 GB in 1.9 s on more than one core */
const inflateByte: Cost = { ns: 3, spread: 0.5 };
/** Pages of the bounce buffer that copies go through are touched for the first time: a quarter of a microsecond each. Estimated. */
const copyByte: Cost = { ns: 0.06, spread: 0.5 };
const mostParallel = 8;

/** The driver's work but for what depends on the storage. */
type DriverCosts = Omit<CostProfile['cpu'], 'miss'>;

/**
 * Solves the measured latencies for the costs that they are made of. Every latency of a raw file is host I/O plus the block
 * layer's own work, which a node that answers at once shows by itself; every latency of an image is the driver's work, seen with
 * such a node for its data, plus host I/O.
 */
export function solveProfile(measured: Measured, identity: ProfileIdentity): CostProfile {
  const { mode } = measured;
  const driverOnly = solveCpu(measured.driver);
  const io = solveIo(measured, driverOnly);
  const cpu = { ...driverOnly, miss: solveMiss(measured, driverOnly, io) };
  return {
    schema: costProfileSchema,
    ...identity,
    cache: mode.cache,
    aio: mode.aio,
    locality: storage.storageLocality,
    io,
    sync: solveSync(measured.storage, measured.driver),
    cpu,
    parallelism: solveParallelism(measured, cpu),
    drift: measured.storage.drift(),
    stalls: measured.storage.stalls(),
  };
}

function solveIo({ mode, storage: samples, device, driver: quiet }: Measured, cpu: DriverCosts): CostProfile['io'] {
  const readBase = base(quiet, 'nullRead');
  const writeBase = base(quiet, 'nullWrite');
  const curve = (label: string, sizes: storage.SizeCounts, own: (bytes: number) => number, of = samples): CostCurve =>
    sizes.flatMap(([bytes]) => {
      const cost = of.cost(`${label}:${bytes}`);
      return cost === undefined ? [] : [{ at: bytes, ...minus(cost, own(bytes)) }];
    });
  const noBytes = (): number => writeBase(0);
  const writeUnwritten = curve('writeUnwritten', storage.holeSizes, writeBase);
  const unwritten = new CostTable(writeUnwritten);
  const allocation = cpu.write.ns + cpu.allocate.ns;
  const buffered = mode.cache === 'buffered';
  const reads = buffered ? device : samples;
  const readCached = buffered ? curve('readFar', storage.inPlaceSizes, readBase) : [];
  const readFar = reads === undefined ? readCached : curve('readFar', storage.inPlaceSizes, readBase, reads);
  return {
    readNear: reads === undefined ? readCached : curve('readNear', storage.nearSizes, readBase, reads),
    readFar,
    readCached: buffered ? readCached : readFar,
    readHole: curve('readHole', storage.holeSizes, readBase),
    writeNear: curve('writeNear', storage.nearSizes, writeBase),
    writeFar: curve('writeFar', storage.inPlaceSizes, writeBase),
    writeUnwritten,
    writeHole: curve('writeHole', storage.holeSizes, writeBase),
    writeHoleNext: curve('writeHoleNext', storage.holeSizes, writeBase),
    writeExtend: curve('allocateFilled', storage.filledClusters, () => allocation),
    zeroHole: curve('zeroHole', zeroedSizes, noBytes),
    zeroExtend: curve('allocateZeroed', storage.zeroedClusters, () => allocation + unwritten.ns(4096)),
    zeroAllocated: curve('zeroAllocated', storage.holeSizes, noBytes),
    discard: curve('discard', storage.discardedSizes, noBytes),
  };
}

const zeroedSizes: storage.SizeCounts = [
  [65_536, 1],
  [2 ** 18, 1],
  [2 ** 20, 1],
];

/** The block layer's own work by size. */
function base(samples: Samples, label: string): (bytes: number) => number {
  const points = driver.nullSizes.map((bytes) => ({ at: bytes, ...costOf(samples, `${label}:${bytes}`) }));
  const table = new CostTable(points);
  return (bytes) => table.ns(bytes);
}

function solveSync(samples: Samples, quiet: Samples): CostProfile['sync'] {
  const own = costOf(quiet, `nullWrite:${driver.nullSizes[0]}`).ns;
  const writes: CostPoint[] = storage.syncCounts.map(([count]) => ({
    at: count,
    ...minus(costOf(samples, `sync:${count}`), own),
  }));
  const one = writes[0]?.ns ?? 0;
  const changes = storage.syncCounts.map(([count], index) => ({
    at: count,
    ...minus(costOf(samples, `syncChanged:${count}`), own + (writes[index]?.ns ?? 0)),
  }));
  const bytes = minus(costOf(samples, 'syncBytes'), own + one);
  const [discarded] = storage.discardedSizes[0] ?? [0];
  const run = minus(costOf(samples, `syncDiscarded:${discarded}`), own + one + (changes[0]?.ns ?? 0));
  const discard = { ...run, ns: run.ns / storage.discardRun };
  return {
    writes: rising(writes),
    changes: rising(changes),
    dirtyByte: { ns: bytes.ns / (storage.syncedBytes - 4096), spread: bytes.spread },
    discard,
  };
}

function solveCpu(samples: Samples): DriverCosts {
  const cost = (label: string): Cost => costOf(samples, label);
  /** What a pair of runs that differ by a number of events says about one of them. */
  const perEvent = (more: string, less: string, events: number): Cost => {
    const difference = minus(cost(more), cost(less).ns);
    return { ns: difference.ns / events, spread: difference.spread };
  };
  const step = perEvent('missLarge', 'missSmall', driver.walkedCacheEntries - driver.smallCacheEntries);
  const [small, large] = driver.zeroFilledSizes;
  const write = cost('write');
  const read = cost('read');
  const scan = minus(cost('scan'), 1000 * write.ns);
  return {
    read,
    write,
    discard: cost('discard'),
    writeZeroes: cost('zero'),
    sync: cost('flushSmall'),
    part: times(read, partReads),
    lookup: times(step, lookupSteps),
    step,
    flushStep: perEvent('flushLarge', 'flushSmall', driver.flushedCacheEntries - driver.smallCacheEntries),
    refcountStep: { ns: scan.ns / driver.scannedClusters, spread: scan.spread },
    overlapStep: perEvent('overlapLong', 'overlapNone', driver.longL1Entries),
    allocate: times(write, allocateWrites),
    zeroByte: perEvent(`zeroFilled:${large}`, `zeroFilled:${small}`, large - small),
    copyByte,
    inflateByte,
  };
}

/** A miss and the hit after it, less two hits among hits and the read of the entry. */
function solveMiss({ mode, storage: samples }: Measured, cpu: DriverCosts, io: CostProfile['io']): Cost {
  const read = mode.cache === 'direct' ? io.readFar : io.readCached;
  const hit = cpu.read.ns + (io.readHole[0]?.ns ?? 0);
  const miss = costOf(samples, 'miss');
  const known = 2 * hit + (read[0]?.ns ?? 0) + driver.smallCacheEntries * cpu.step.ns;
  return minus({ ...miss, ns: miss.ns + costOf(samples, 'hitAfterMiss').ns }, known);
}

/** How many of the parts of a split read run at once: what they would take one after the other, over what they took. */
function solveParallelism({ storage: samples, device, driver: quiet }: Measured, cpu: DriverCosts): number {
  const from = samples.cost('scattered') === undefined ? device : samples;
  const scattered = from?.cost('scattered')?.ns;
  const raw = from?.cost('readNear:4096')?.ns;
  if (scattered === undefined || raw === undefined) return 1;
  const single = raw - base(quiet, 'nullRead')(4096);
  const together = scattered - cpu.read.ns - (storage.scatteredParts - 1) * cpu.part.ns;
  const width = (storage.scatteredParts * single) / Math.max(together, single);
  return Math.min(mostParallel, Math.max(1, Math.round(width * 10) / 10));
}

function costOf(samples: Samples, label: string): Cost {
  return samples.cost(label) ?? { ns: 0, spread: 0 };
}

/** A cost less a part that is known: what is left carries the whole of the deviation. */
function minus(cost: Cost, ns: number): Cost {
  const rest = Math.max(0, cost.ns - ns);
  return { ns: rest, spread: rest > 0 ? Math.min(1, (cost.spread * cost.ns) / rest) : 0 };
}

function times(cost: Cost, factor: number): Cost {
  return { ns: cost.ns * factor, spread: 0.5 };
}

/** More to do never costs less: noise between two points is taken out, so that the last slope is not negative. */
function rising(points: readonly CostPoint[]): CostCurve {
  let highest = 0;
  return points.map((point) => {
    highest = Math.max(highest, point.ns);
    return { ...point, ns: highest };
  });
}
