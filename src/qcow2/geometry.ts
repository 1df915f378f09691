import { subclustersPerCluster, tableEntryBytes } from './limits.ts';

/** What the shape of an image's metadata follows from. */
export interface GeometryOptions {
  /** Virtual size in bytes, 0 … 2^53−1. */
  readonly diskBytes: number;
  /** A power of two, 512 … 2,097,152. */
  readonly clusterBytes: number;
  /** 16-byte L2 entries with 32 subclusters each. */
  readonly extendedL2: boolean;
  /** 1, 2, 4, 8, 16, 32 or 64. */
  readonly refcountBits: number;
}

/** Numbers derived from {@link GeometryOptions}; nothing here is read from an image. */
export interface Geometry extends GeometryOptions {
  /** Bytes of one L2 entry: 8, or 16 with extended L2 entries. */
  readonly l2EntryBytes: 8 | 16;
  /** Clusters that one L2 table maps; a table is one cluster. */
  readonly l2EntriesPerTable: number;
  /** Guest bytes that one L2 table maps. 64 KiB clusters: 512 MiB. */
  readonly l2TableCoverageBytes: number;
  /** Clusters of the disk, the last one perhaps partial. */
  readonly clusterCount: number;
  /** L2 tables of a fully mapped disk. */
  readonly l2TableCount: number;
  /** Entries of the L1 table, as the header's `l1_size` says after `qemu-img create`: one per L2 table. */
  readonly l1EntryCount: number;
  /** Bytes of those entries; in the file the table takes whole clusters. */
  readonly l1Bytes: number;
  /** The largest L2 cache of any use: every L2 table of the disk at once, in whole clusters. */
  readonly l2FullCoverageBytes: number;
  /** Entries of one refcount block, which is one cluster. */
  readonly refcountBlockEntryCount: number;
  /** Bytes of the image file whose refcounts one refcount block holds. 64 KiB clusters, 16 bits: 2 GiB. */
  readonly refcountBlockCoverageBytes: number;
  /** The smallest piece of data that can be allocated on its own: the cluster, or 1/32 of it with extended L2 entries. */
  readonly subclusterBytes: number;
}

/**
 * Works out the shape of an image's metadata. Options are taken as valid: `settings/validate.ts` checks them first.
 *
 * 1 TiB with 64 KiB clusters has 2,048 L2 tables of 8,192 entries; 128 MiB of L2 cache hold all of them.
 * @source QEMU docs/interop/qcow2.txt; block/qcow2.c, read_cache_sizes (for `l2FullCoverageBytes`)
 */
export function computeGeometry(options: GeometryOptions): Geometry {
  const { diskBytes, clusterBytes, extendedL2, refcountBits } = options;
  const l2EntryBytes = extendedL2 ? 16 : 8;
  const l2EntriesPerTable = clusterBytes / l2EntryBytes;
  const clusterCount = Math.ceil(diskBytes / clusterBytes);
  const l2TableCount = Math.ceil(clusterCount / l2EntriesPerTable);
  const refcountBlockEntryCount = (clusterBytes * 8) / refcountBits;
  // Spelled out: a spread of the options made this ninety times slower, and a fleet asks a million times.
  return {
    diskBytes,
    clusterBytes,
    extendedL2,
    refcountBits,
    l2EntryBytes,
    l2EntriesPerTable,
    l2TableCoverageBytes: l2EntriesPerTable * clusterBytes,
    clusterCount,
    l2TableCount,
    l1EntryCount: l2TableCount,
    l1Bytes: l2TableCount * tableEntryBytes,
    l2FullCoverageBytes: l2TableCount * clusterBytes,
    refcountBlockEntryCount,
    refcountBlockCoverageBytes: refcountBlockEntryCount * clusterBytes,
    subclusterBytes: extendedL2 ? clusterBytes / subclustersPerCluster : clusterBytes,
  };
}

/** `value` rounded up to a multiple of `step`; both whole numbers, exact below 2^53. */
export function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
