import type { HostFileState } from './host-file-state.ts';
import type { L2Table } from './l2-table.ts';
import type { Refcounts } from './refcounts.ts';

/** What is beneath an image: nothing, a raw file of some length, or another qcow2 image. */
export type BackingState =
  | { readonly format: 'raw'; readonly virtualBytes: number; readonly file: HostFileState }
  | { readonly format: 'qcow2'; readonly image: ImageState };

/** One internal snapshot: where its L1 table lies and what it points to. */
export interface SnapshotState {
  l1OffsetBytes: number;
  /** L2 table offsets in bytes by L1 index; 0 for none. */
  l1: Float64Array;
}

/**
 * The metadata of one qcow2 image, decoded, as the driver model changes it. Every offset is in bytes from the start of
 * the image file and below 2^53; host clusters are numbered from 0 and below 2^32.
 */
export interface ImageState {
  readonly clusterBits: number;
  readonly version: 2 | 3;
  readonly extendedL2: boolean;
  readonly refcountBits: number;
  /** Virtual size, a multiple of 512. */
  readonly virtualBytes: number;
  /** The feature bits as the header has them. */
  lazyRefcounts: boolean;
  dirty: boolean;
  readonly externalData: boolean;
  readonly dataFileRaw: boolean;

  l1OffsetBytes: number;
  /** L2 table offsets in bytes; 0 where there is no table. */
  l1: Float64Array;
  /** 1 where the L2 table's refcount is exactly one. */
  l1Copied: Uint8Array;
  /** Every L2 table, active or of a snapshot, by its offset in bytes. */
  readonly l2Tables: Map<number, L2Table>;

  refcountTableOffsetBytes: number;
  refcountTableClusters: number;
  /** Refcount block offsets in bytes; 0 for none. As long as the table in the file. */
  refcountTable: Float64Array;
  readonly refcounts: Refcounts;

  readonly snapshots: SnapshotState[];
  /** Where the snapshot table lies, 0 for none, and its bytes. */
  readonly snapshotTableOffsetBytes: number;
  readonly snapshotTableBytes: number;

  /** The image file itself: its length and which of its blocks are allocated. */
  readonly file: HostFileState;
  /** The external data file, where there is one. */
  readonly dataFile: HostFileState | undefined;
  readonly backing: BackingState | undefined;
}
