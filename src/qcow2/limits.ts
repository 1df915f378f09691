/**
 * Limits of the qcow2 format as QEMU implements it.
 * @source QEMU block/qcow2.h (7.2.0 and 10.0): MIN_CLUSTER_BITS … QCOW_MAX_SNAPSHOTS
 */

/** 512 bytes. */
export const minimumClusterBytes = 512;
/** 2 MiB. */
export const maximumClusterBytes = 2 * 1024 ** 2;
/** 64 KiB. */
export const defaultClusterBytes = 64 * 1024;
/** Subclusters of one cluster with extended L2 entries; each is at least 512 bytes. */
export const subclustersPerCluster = 32;
/** Smallest cluster with extended L2 entries: 32 subclusters of 512 bytes. */
export const minimumExtendedClusterBytes = minimumClusterBytes * subclustersPerCluster;
/** The L1 table may not be larger than this: 4,194,304 entries. It limits the virtual size. */
export const maximumL1Bytes = 32 * 1024 ** 2;
/** Bytes of an L1 entry and of a refcount table entry. */
export const tableEntryBytes = 8;
/** Widest refcount. */
export const maximumRefcountBits = 64;
/** Internal snapshots of one image, whatever the refcount width. */
export const maximumSnapshotCount = 65_536;
/** The refcount table may not be larger than this. */
export const maximumRefcountTableBytes = 8 * 1024 ** 2;
/** The snapshot table, with names and extra data. */
export const maximumSnapshotTableBytes = 1024 * maximumSnapshotCount;
/** Extra data of one snapshot. */
export const maximumSnapshotExtraBytes = 1024;
/** Persistent bitmaps of one image. */
export const maximumBitmapCount = 65_535;
/** The directory of the persistent bitmaps. */
export const maximumBitmapDirectoryBytes = 1024 * maximumBitmapCount;
