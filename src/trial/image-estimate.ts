import { computeGeometry } from '../qcow2/geometry.ts';
import { measureImage, type Preallocation } from '../qcow2/measure.ts';
import type { Configuration } from '../settings/configuration.ts';
import { resolveCreate } from '../settings/resolve.ts';
import type { Footprint } from '../workload/footprint.ts';
import type { Workload } from '../workload/workload.ts';

/** Files that the guest writes into reserve nothing smaller than this. */
const fileSystemBlockBytes = 4096;

/** What one image takes at worst, bytes, apart from the file system's own list of where its pieces lie. */
export interface ImageEstimate {
  /** Allocated before the first request. */
  readonly startBytes: number;
  /** Allocated after the last one. */
  readonly endBytes: number;
  /** Data written to make it. */
  readonly filledBytes: number;
  readonly fileBytes: number;
}

/** An image under a workload: whole clusters for every allocating write, all metadata where it is preallocated. */
export function estimateImage(workload: Workload, configuration: Configuration, footprint: Footprint): ImageEstimate {
  const create = resolveCreate(configuration.create);
  const { clusterBytes } = create;
  const { diskBytes, image } = workload;
  const measured = measureImage({ ...create, diskBytes });
  const metadataBytes = measured.fullyAllocatedBytes - measured.dataBytes;
  const { fullyAllocatedBytes } = measured;
  if (isFull(workload, create.preallocation)) {
    const filledBytes = image.content === 'full' || create.preallocation === 'full' ? diskBytes : 0;
    return {
      startBytes: fullyAllocatedBytes,
      endBytes: fullyAllocatedBytes,
      filledBytes,
      fileBytes: fullyAllocatedBytes,
    };
  }
  const written = (unitBytes: number): number => footprint.writtenUnitCount(unitBytes) * unitBytes;
  if (isMapped(workload, create.preallocation)) {
    const endBytes = Math.min(fullyAllocatedBytes, metadataBytes + written(fileSystemBlockBytes));
    return { startBytes: metadataBytes, endBytes, filledBytes: metadataBytes, fileBytes: fullyAllocatedBytes };
  }
  const dataBytes = written(clusterBytes);
  const tableBytes = footprint.writtenUnitCount(tableCoverageBytes(configuration)) * clusterBytes;
  const fixedBytes = measured.headerBytes + measured.l1Bytes + measured.refcountBytes;
  const endBytes = Math.min(fullyAllocatedBytes, fixedBytes + dataBytes + tableBytes);
  return { startBytes: Math.min(fixedBytes, endBytes), endBytes, filledBytes: 0, fileBytes: endBytes };
}

/** The backing file that qtune makes for a workload; `key` is equal for workloads that share one. */
export function estimateBacking(workload: Workload): { readonly key: string; readonly bytes: number } | undefined {
  const { backing } = workload.image;
  if (backing === 'none') return undefined;
  const bytes = backing.content === 'data' ? workload.diskBytes : 0;
  return { key: JSON.stringify([backing.format, backing.content, workload.diskBytes]), bytes };
}

function isFull({ image }: Workload, preallocation: Preallocation): boolean {
  return image.content === 'full' || preallocation === 'full' || preallocation === 'falloc';
}

function isMapped({ image }: Workload, preallocation: Preallocation): boolean {
  return image.content === 'mapped' || preallocation === 'metadata';
}

function tableCoverageBytes(configuration: Configuration): number {
  const { clusterBytes, extendedL2, refcountBits } = resolveCreate(configuration.create);
  return computeGeometry({ diskBytes: 0, clusterBytes, extendedL2, refcountBits }).l2TableCoverageBytes;
}
