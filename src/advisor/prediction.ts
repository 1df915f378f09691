import type { Geometry } from '../qcow2/geometry.ts';
import type { CacheSizes } from '../settings/cache-sizing.ts';
import { costAt, designMachine, publishedSsd, type ReferenceCosts } from './reference-costs.ts';
import { type WorkloadTraits, workingSetBytes } from './workload-traits.ts';

/** A predicted value with the range that it is claimed for. */
export interface Prediction {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Of this, half the width of the 95 % interval of the error of sampling, as a share of the value; absent where nothing was sampled. */
  readonly samplingRatio?: number;
}

/** What the model looks at: one configuration on one disk. */
export interface PredictionInput {
  readonly geometry: Geometry;
  readonly cache: CacheSizes;
  readonly traits: WorkloadTraits;
  readonly hasBacking: boolean;
  /** Whether every cluster has its place from the start (`preallocation=metadata`). */
  readonly preallocated: boolean;
}

/**
 * How the number of clusters touched by the same writes falls with their size: 100 MB of random 4 KiB writes touch 25,600 clusters of
 * 64 KiB (1.6 GB) and 14,500 of 2 MiB (29 GB).
 * @source KVM Forum 2020, growth of an empty image
 */
const clustersTouchedExponent = Math.log(14_500 / 25_600) / Math.log(32);

/** Margin beyond the two machines that the costs were measured on; chosen. */
const marginFactor = 1.5;

/**
 * Share of L2 lookups that read from disk, 0…1: `scale × (1 − covered share of the working set)^skew`.
 * The first read of each entry is not counted.
 */
export function expectedMissRatio(traits: WorkloadTraits, diskBytes: number, coveredBytes: number): number {
  if (coveredBytes >= diskBytes) return 0;
  const covered = Math.min(1, coveredBytes / workingSetBytes(traits, diskBytes));
  return traits.missScale * (1 - covered) ** traits.missSkew;
}

/** Share of writes that are the first in their unit of the given size, scaled from 64 KiB. */
function firstWriteRatio(traits: WorkloadTraits, unitBytes: number): number {
  return Math.min(1, traits.firstWriteRatio * (unitBytes / 65_536) ** clustersTouchedExponent);
}

/** The machines whose costs are known, in the order of {@link predictRates}. */
const machines = [publishedSsd, designMachine] as const;

/** Requests per second, one at a time, on each machine whose costs are known. */
export function predictRates(input: PredictionInput): readonly number[] {
  return machines.map((costs) => 1e6 / requestMicroseconds(input, costs));
}

/**
 * What a machine that nobody knows would do: the geometric mean of the known ones, with a range that spans them, widened by half
 * again on either side.
 */
export function spanRates(rates: readonly number[]): Prediction {
  return {
    value: rates.reduce((product, rate) => product * rate, 1) ** (1 / rates.length),
    low: Math.min(...rates) / marginFactor,
    high: Math.max(...rates) * marginFactor,
  };
}

/** Mean time of one data request with its share of the flushes, microseconds. */
export function requestMicroseconds(input: PredictionInput, costs: ReferenceCosts): number {
  const { traits, geometry, cache } = input;
  const miss =
    expectedMissRatio(traits, geometry.diskBytes, cache.coveredBytes) *
    (costs.missFixed + (costs.missPerKiB * cache.l2EntryBytes) / 1024);
  const transfer = costs.transferPerKiB * Math.max(0, traits.requestBytes / 1024 - 4);
  const first = firstWriteRatio(traits, input.preallocated ? 65_536 : geometry.subclusterBytes);
  const write = (1 - first) * costs.writeInPlace + first * firstWriteMicroseconds(input, costs);
  const flush = traits.syncsPerWrite * flushMicroseconds(input, costs);
  return miss + transfer + traits.readRatio * costs.hit + (1 - traits.readRatio) * (write + flush);
}

/** A write that is the first in its cluster or subcluster. Requests that fill the unit leave nothing to copy. */
function firstWriteMicroseconds(
  { traits, geometry, hasBacking, preallocated }: PredictionInput,
  costs: ReferenceCosts,
): number {
  if (preallocated) return costs.writeIntoHole;
  const unitBytes = geometry.subclusterBytes;
  const copies = hasBacking && traits.requestBytes < unitBytes;
  if (geometry.extendedL2) {
    return copies || (hasBacking && unitBytes < 4096)
      ? costAt(costs.copySubcluster, unitBytes)
      : costAt(costs.allocateSubcluster, geometry.clusterBytes);
  }
  return copies ? costAt(costs.copy, geometry.clusterBytes) : costAt(costs.allocate, geometry.clusterBytes);
}

/**
 * A guest flush. Where a cluster was allocated since the last one it writes a refcount block and an L2 entry; where only a
 * subcluster was, the L2 entry alone.
 */
function flushMicroseconds(input: PredictionInput, costs: ReferenceCosts): number {
  const { traits, geometry, cache } = input;
  if (traits.syncsPerWrite === 0) return costs.flush;
  const writesPerFlush = 1 / traits.syncsPerWrite;
  const dirty = (unitBytes: number) => 1 - (1 - firstWriteRatio(traits, unitBytes)) ** writesPerFlush;
  if (input.preallocated) return costs.flush + dirty(65_536) * costs.flushHole;
  const l2 =
    dirty(geometry.subclusterBytes) * (costs.flushMetadata / 2 + (costs.flushPerKiB * cache.l2EntryBytes) / 1024);
  const refcount =
    dirty(geometry.clusterBytes) * (costs.flushMetadata / 2 + (costs.flushPerKiB * geometry.clusterBytes) / 1024);
  return costs.flush + l2 + refcount;
}

/**
 * Host bytes per byte that the guest stores while the disk fills up, at least 1: the bytes that fill each unit of allocation,
 * scaled from 64 KiB as random writes were seen to grow an image; half to double of the excess is claimed. Where the workload's own
 * requests were counted it is what they allocate, exactly, trims left aside.
 */
export function predictSpaceAmplification(input: PredictionInput): Prediction {
  // With every cluster in place it is the host's file system that allocates, in blocks of 4 KiB.
  const unitBytes = input.preallocated ? 4096 : Math.max(4096, input.geometry.subclusterBytes);
  const counted = input.traits.allocatedRatios?.get(unitBytes);
  if (counted !== undefined) return { value: counted, low: counted, high: counted };
  const excess =
    unitBytes <= Math.min(4096, input.traits.requestBytes)
      ? 0
      : input.traits.fillRatio * (unitBytes / 65_536) ** (1 + clustersTouchedExponent);
  return { value: 1 + excess, low: 1 + excess / 2, high: 1 + excess * 2 };
}
