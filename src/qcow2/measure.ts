import { UsageError } from '../errors.ts';
import { computeGeometry, type GeometryOptions, roundUp } from './geometry.ts';
import { maximumL1Bytes, maximumSnapshotCount, tableEntryBytes } from './limits.ts';

/** How much of a new image is allocated when it is created. */
export type Preallocation = 'off' | 'metadata' | 'falloc' | 'full';

/**
 * What an image needs on disk, in bytes. `fullyAllocatedBytes` is the sum of the parts: header, L1, L2, refcounts and data.
 */
export interface Measurement {
  /** What `qemu-img measure` calls required: all metadata of a full image and none of its data, unless preallocated. */
  readonly requiredBytes: number;
  /** The file once the guest has written every cluster. */
  readonly fullyAllocatedBytes: number;
  /** The header's cluster. */
  readonly headerBytes: number;
  /** The L1 table in whole clusters. */
  readonly l1Bytes: number;
  /** All L2 tables, each one cluster. */
  readonly l2Bytes: number;
  /** Refcount blocks and the refcount table in whole clusters. */
  readonly refcountBytes: number;
  /** The virtual size in whole clusters. */
  readonly dataBytes: number;
}

export interface MeasureOptions extends GeometryOptions {
  readonly preallocation: Preallocation;
}

/**
 * The size of a new image on disk, equal to `qemu-img measure -O qcow2 --size …` to the byte. 10 GiB with defaults: required
 * 1,900,544, fully allocated 10,739,318,784. The required size counts the metadata of a full image, as QEMU does; a fresh
 * image is smaller.
 *
 * @throws UsageError with QEMU's text where the L1 table would exceed its 32 MiB
 * @source QEMU block/qcow2.c: qcow2_measure, qcow2_calc_prealloc_size, qcow2_refcount_metadata_size (7.2.0; same in 10.0)
 */
export function measureImage(options: MeasureOptions): Measurement {
  const { clusterBytes, extendedL2, refcountBits, preallocation } = options;
  const dataBytes = roundUp(options.diskBytes, clusterBytes);
  const geometry = computeGeometry({ diskBytes: dataBytes, clusterBytes, extendedL2, refcountBits });
  if (geometry.l1Bytes > maximumL1Bytes) {
    throw new UsageError('The image size is too large (try using a larger cluster size)', {
      hint: `With clusters of ${clusterBytes} bytes${extendedL2 ? ' and extended_l2' : ''} a disk has at most ${
        (maximumL1Bytes / tableEntryBytes) * geometry.l2TableCoverageBytes
      } bytes.`,
    });
  }
  const l2Bytes = geometry.l2FullCoverageBytes;
  const l1Bytes = roundUp(geometry.l1Bytes, clusterBytes);
  const headerBytes = clusterBytes;
  const before = headerBytes + l1Bytes + l2Bytes + dataBytes;
  const refcountBytes = refcountMetadataBytes(before / clusterBytes, clusterBytes, refcountBits);
  const fullyAllocatedBytes = before + refcountBytes;
  const allocated = preallocation === 'falloc' || preallocation === 'full';
  return {
    requiredBytes: allocated ? fullyAllocatedBytes : fullyAllocatedBytes - dataBytes,
    fullyAllocatedBytes,
    headerBytes,
    l1Bytes,
    l2Bytes,
    refcountBytes,
    dataBytes,
  };
}

/** What internal snapshots add to an image, in bytes. */
export interface SnapshotMeasurement {
  readonly count: number;
  /** The most that the refcount width and the format allow. */
  readonly maximumCount: number;
  /** Copies of the L1 table, one a snapshot, in whole clusters; written when the snapshot is taken. */
  readonly l1Bytes: number;
  /** The snapshot table in whole clusters, with names of 16 bytes. */
  readonly tableBytes: number;
  /** The file if the guest rewrites every cluster after each snapshot: data and L2 tables once more for each, and their refcounts. */
  readonly fullyAllocatedBytes: number;
}

/**
 * What `count` internal snapshots cost on disk, from the moment they are taken to the worst case.
 * @throws UsageError where the refcount width does not allow so many: 2^bits−2, for every cluster counts the active image too
 * @source QEMU block/qcow2-snapshot.c, qcow2_snapshot_create and qcow2_write_snapshots; block/qcow2.h, QCOW_MAX_SNAPSHOTS
 */
export function measureSnapshots(options: MeasureOptions, count: number): SnapshotMeasurement {
  const { clusterBytes, refcountBits } = options;
  const maximumCount = Math.min(2 ** refcountBits - 2, maximumSnapshotCount);
  if (count > maximumCount) {
    throw new UsageError(
      `${count} internal snapshots do not fit: refcount_bits=${refcountBits} allows ${maximumCount}`,
      {
        hint: 'A cluster that all of them share needs a reference count of one more than their number.',
      },
    );
  }
  const image = measureImage(options);
  const l1Bytes = count * image.l1Bytes;
  const tableBytes = count === 0 ? 0 : roundUp(count * snapshotEntryBytes(count), clusterBytes);
  const copies = image.l1Bytes + image.l2Bytes + image.dataBytes;
  const before = image.headerBytes + (count + 1) * copies + tableBytes;
  const refcountBytes = refcountMetadataBytes(before / clusterBytes, clusterBytes, refcountBits);
  return { count, maximumCount, l1Bytes, tableBytes, fullyAllocatedBytes: before + refcountBytes };
}

/** 40 bytes fixed, 24 of extra data, the number as text and a name of 16 bytes, in multiples of 8. */
function snapshotEntryBytes(count: number): number {
  return roundUp(40 + 24 + String(count).length + 16, 8);
}

/**
 * Bytes of refcount blocks and refcount table for `clusterCount` clusters and for themselves: blocks and table are counted
 * too, which may need more of them, until nothing changes.
 */
function refcountMetadataBytes(clusterCount: number, clusterBytes: number, refcountBits: number): number {
  const entriesPerBlock = (clusterBytes * 8) / refcountBits;
  const blocksPerTableCluster = clusterBytes / tableEntryBytes;
  let tableClusters = 0;
  let blocks = 0;
  let total = 0;
  for (;;) {
    const last = total;
    blocks = Math.ceil((clusterCount + tableClusters + blocks) / entriesPerBlock);
    tableClusters = Math.ceil(blocks / blocksPerTableCluster);
    total = clusterCount + blocks + tableClusters;
    if (total === last) return (blocks + tableClusters) * clusterBytes;
  }
}
