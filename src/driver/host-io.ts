/** Kinds of host I/O that the driver makes, as small integers so that one costs no allocation. */
export const hostOps = ['read', 'write', 'zero', 'discard', 'sync'] as const;
export type HostOpName = (typeof hostOps)[number];
export const HOST_READ = 0;
export const HOST_WRITE = 1;
export const HOST_ZERO = 2;
export const HOST_DISCARD = 3;
export const HOST_SYNC = 4;

/** The file that an I/O goes to: the image itself, any file of its backing chain, or its external data file. */
export const hostFiles = ['image', 'backing', 'data'] as const;
export type HostFileName = (typeof hostFiles)[number];
export const FILE_IMAGE = 0;
export const FILE_BACKING = 1;
export const FILE_DATA = 2;

/** What an I/O is for. */
export const hostPurposes = [
  'l1',
  'l2',
  'refcount',
  'refcount-table',
  'header',
  'snapshot',
  'data',
  'copy-on-write',
  'none',
] as const;
export type HostPurposeName = (typeof hostPurposes)[number];
export const FOR_L1 = 0;
export const FOR_L2 = 1;
export const FOR_REFCOUNT = 2;
export const FOR_REFCOUNT_TABLE = 3;
export const FOR_HEADER = 4;
export const FOR_SNAPSHOT = 5;
export const FOR_DATA = 6;
export const FOR_COPY_ON_WRITE = 7;
/** A sync has no purpose of its own. */
export const FOR_NONE = 8;

/** State of the first host block of an I/O before it: not allocated, allocated but never written, or written. */
export const BLOCK_HOLE = 0;
export const BLOCK_UNWRITTEN = 1;
export const BLOCK_WRITTEN = 2;

/** Takes each host I/O in order of submission. Called once per I/O: it must not allocate if speed matters. */
export interface HostIoSink {
  /**
   * @param op one of the `HOST_` numbers
   * @param file one of the `FILE_` numbers
   * @param offset bytes from the start of that file; 0 for a sync
   * @param length bytes; 0 for a sync
   * @param purpose one of the `FOR_` numbers
   * @param state one of the `BLOCK_` numbers
   */
  io(op: number, file: number, offset: number, length: number, purpose: number, state: number): void;
}

/** A sink that drops everything, for making an image ready. */
export const noSink: HostIoSink = { io() {} };
