import { UsageError } from '../errors.ts';
import type { Geometry } from '../qcow2/geometry.ts';
import { type Measurement, measureImage, measureSnapshots, type SnapshotMeasurement } from '../qcow2/measure.ts';
import { type CacheSizes, computeCacheSizes, coverageLimitBytes } from './cache-sizing.ts';
import type { Configuration } from './configuration.ts';
import { geometryOf, resolveCreate } from './resolve.ts';

/** How a disk is made up beside its settings. */
export interface DiskLayout {
  readonly diskBytes: number;
  /** Images in the backing chain, the active one included; 1 or more. */
  readonly imageCount: number;
  /** Internal snapshots of the active image. */
  readonly snapshotCount: number;
  /** Such disks in all; 1 or more. */
  readonly diskCount: number;
}

/** The caches of one kind of image in a chain. */
export interface LayerFootprint {
  /** The run-time settings of a drive reach the active image only; backing images keep QEMU's defaults. */
  readonly role: 'active' | 'backing';
  readonly imageCount: number;
  /** Of one image. */
  readonly cache: CacheSizes;
  /** L2 and refcount cache of all images of this kind together. */
  readonly memoryBytes: number;
  /** The same with every L2 cache as large as its disk can use. */
  readonly fullCoverageMemoryBytes: number;
}

/** What one configuration of a disk takes, on disk and in memory. */
export interface Footprint {
  readonly configuration: Configuration;
  readonly geometry: Geometry;
  /** One image, as `qemu-img measure` has it. */
  readonly onDisk: Measurement;
  /** The active image's caches under the given settings. */
  readonly cache: CacheSizes;
  /** The largest disk that those caches cover whole. */
  readonly coverageLimitBytes: number;
  readonly layers: readonly LayerFootprint[];
  /** Undefined without snapshots. */
  readonly snapshots: SnapshotMeasurement | undefined;
  /** Everything: all disks, all images of their chains. */
  readonly total: FootprintTotal;
}

export interface FootprintTotal {
  readonly diskCount: number;
  /** Images of all chains. */
  readonly imageCount: number;
  /** Metadata caches under the given settings. */
  readonly memoryBytes: number;
  /** Metadata caches with every L2 cache as large as its disk can use. */
  readonly fullCoverageMemoryBytes: number;
  /** Images as `qemu-img measure` counts them before the guest has written, plus what the snapshots take at once. */
  readonly requiredBytes: number;
  /** Every cluster of every image written, and written again after each snapshot. */
  readonly fullyAllocatedBytes: number;
}

/**
 * Works out what a disk takes. All images of the chain are taken to have the disk's size and the same create-time settings.
 * @throws UsageError as `measureImage`, `measureSnapshots` and `computeCacheSizes`; where the sum is beyond 2^53−1 bytes
 */
export function computeFootprint(configuration: Configuration, layout: DiskLayout): Footprint {
  const { diskBytes, imageCount, snapshotCount, diskCount } = layout;
  const { create, drive } = configuration;
  const measured = { diskBytes, ...resolveCreate(create) };
  const onDisk = measureImage(measured);
  const geometry = geometryOf(diskBytes, create);
  const cache = computeCacheSizes(geometry, drive);
  const layers = [layer('active', 1, cache)];
  if (imageCount > 1) layers.push(layer('backing', imageCount - 1, computeCacheSizes(geometry, {})));
  const snapshots = snapshotCount > 0 ? measureSnapshots(measured, snapshotCount) : undefined;
  const backingBytes = (bytes: number): number => (imageCount - 1) * bytes;
  const snapshotBytes = snapshots === undefined ? 0 : snapshots.l1Bytes + snapshots.tableBytes;
  const fullActive = snapshots?.fullyAllocatedBytes ?? onDisk.fullyAllocatedBytes;
  const total: FootprintTotal = {
    diskCount,
    imageCount: diskCount * imageCount,
    memoryBytes: diskCount * sum(layers.map((one) => one.memoryBytes)),
    fullCoverageMemoryBytes: diskCount * sum(layers.map((one) => one.fullCoverageMemoryBytes)),
    requiredBytes: diskCount * (onDisk.requiredBytes + backingBytes(onDisk.requiredBytes) + snapshotBytes),
    fullyAllocatedBytes: diskCount * (fullActive + backingBytes(onDisk.fullyAllocatedBytes)),
  };
  const several = total.imageCount > 1 || snapshotCount > 0;
  if (several && total.fullyAllocatedBytes > Number.MAX_SAFE_INTEGER) {
    throw new UsageError('all images together are larger than qtune can count (8 PiB less one byte)', {
      hint: 'Ask for fewer disks, images or snapshots at a time.',
    });
  }
  return {
    configuration,
    geometry,
    onDisk,
    cache,
    coverageLimitBytes: coverageLimitBytes(geometry, drive),
    layers,
    snapshots,
    total,
  };
}

function layer(role: LayerFootprint['role'], imageCount: number, cache: CacheSizes): LayerFootprint {
  return {
    role,
    imageCount,
    cache,
    memoryBytes: imageCount * (cache.l2Bytes + cache.refcountBytes),
    fullCoverageMemoryBytes: imageCount * (Math.max(cache.l2FullCoverageBytes, cache.l2Bytes) + cache.refcountBytes),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
