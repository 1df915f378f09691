import { computeGeometry } from '../../qcow2/geometry.ts';
import { minimumExtendedClusterBytes } from '../../qcow2/limits.ts';
import { defaultPartialEntryBytes } from '../../settings/cache-sizing.ts';
import { clusterSizes, type DiskUnits, sectorBytes } from './disk-units.ts';
import type { WrittenClusters } from './written-clusters.ts';

/** Host file systems reserve nothing smaller: ext4's and xfs's default block. */
const hostBlockBytes = 4096;

/** What the requests would do to an image that has no cluster of its own yet, by the shape of its clusters. */
export interface AllocationShape {
  readonly clusterBytes: number;
  readonly extendedL2: boolean;
  /** What data is allocated in: the cluster, or 1/32 of it with extended L2 entries. */
  readonly subclusterBytes: number;
  /** Clusters with a byte that is read or written, and that is written. */
  readonly touchedClusterCount: number;
  readonly writtenClusterCount: number;
  /** Writes that touch a cluster before any other write does, and their share of all writes. */
  readonly allocatingWriteCount: number;
  readonly allocatingWriteRatio: number;
  /** Copied from a backing file that has data all over, and over the bytes written. */
  readonly copyOnWriteBytes: number;
  readonly copyOnWriteRatio: number;
  /** Slices of L2 tables that reads and writes touch, each an entry of 4 KiB of the L2 cache, or of a cluster where that is less. */
  readonly touchedSliceCount: number;
  /** Disk that one slice maps. */
  readonly sliceCoverageBytes: number;
  /** Clusters that hold written data, or with extended L2 entries subclusters in blocks of 4 KiB of the host. */
  readonly dataBytes: number;
  /** L2 tables that map them. */
  readonly tableBytes: number;
  /** Data and L2 tables over the distinct bytes written; header, L1 and refcount tables are not in it. Null without writes. */
  readonly spaceAmplificationRatio: number | null;
}

/** Every cluster size, and each again with extended L2 entries where the format has them. */
export function allocationShapes(
  touched: DiskUnits,
  written: WrittenClusters,
  totals: { readonly writeCount: number; readonly writeBytes: number },
): readonly AllocationShape[] {
  const shapeOf = (clusterBytes: number, extendedL2: boolean): AllocationShape => {
    const geometry = computeGeometry({ diskBytes: 0, clusterBytes, extendedL2, refcountBits: 16 });
    const { subclusterBytes, l2EntryBytes, l2TableCoverageBytes } = geometry;
    const sliceCoverageBytes = (Math.min(defaultPartialEntryBytes, clusterBytes) / l2EntryBytes) * clusterBytes;
    const { units } = written;
    // An estimate may come out above what there is.
    const allocatingWriteCount = Math.min(totals.writeCount, written.allocatingWriteCount(levelOf(clusterBytes)));
    const copyOnWriteBytes = written.copiedBytes(levelOf(subclusterBytes));
    const grainBytes = extendedL2 ? Math.max(subclusterBytes, hostBlockBytes) : clusterBytes;
    const dataBytes = units.count(grainBytes) * grainBytes;
    const tableBytes = units.count(l2TableCoverageBytes) * clusterBytes;
    const distinctBytes = units.count(sectorBytes) * sectorBytes;
    return {
      clusterBytes,
      extendedL2,
      subclusterBytes,
      touchedClusterCount: touched.count(clusterBytes),
      writtenClusterCount: units.count(clusterBytes),
      allocatingWriteCount,
      allocatingWriteRatio: share(allocatingWriteCount, totals.writeCount),
      copyOnWriteBytes,
      copyOnWriteRatio: share(copyOnWriteBytes, totals.writeBytes),
      touchedSliceCount: touched.count(sliceCoverageBytes),
      sliceCoverageBytes,
      dataBytes,
      tableBytes,
      spaceAmplificationRatio: distinctBytes === 0 ? null : (dataBytes + tableBytes) / distinctBytes,
    };
  };
  return [
    ...clusterSizes.map((bytes) => shapeOf(bytes, false)),
    ...clusterSizes.filter((bytes) => bytes >= minimumExtendedClusterBytes).map((bytes) => shapeOf(bytes, true)),
  ];
}

function levelOf(bytes: number): number {
  return Math.log2(bytes / sectorBytes);
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
