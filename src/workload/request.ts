/** The kinds of guest request, as small integers for typed arrays. */
export const Operation = { read: 0, write: 1, trim: 2, sync: 3 } as const;
export type Operation = (typeof Operation)[keyof typeof Operation];

/** Names of {@link Operation} by value, spelled as in fio's iolog. */
export const operationNames = ['read', 'write', 'trim', 'sync'] as const;
export type OperationName = (typeof operationNames)[number];

/**
 * The most that a disk of QEMU takes in one request, bytes: what is longer comes to it in pieces.
 * @source QEMU include/block/block-common.h, BDRV_REQUEST_MAX_BYTES; virtio-blk limits discards and write-zeroes to it
 */
export const longestRequestBytes = 2 ** 31 - 512;

/** How many requests a stream hands out at a time. */
export const requestBlockCapacity = 4096;

/**
 * A run of guest requests in columns. A stream reuses the same block for every step, so a consumer copies what it keeps.
 * Offsets and lengths are bytes, whole and below 2^53; a sync has offset and length 0.
 */
export interface RequestBlock {
  /** How many entries of the columns are valid. */
  count: number;
  readonly operation: Uint8Array;
  readonly offsetBytes: Float64Array;
  readonly lengthBytes: Float64Array;
  /** Microseconds since the first request, never decreasing; only where `isTimed` of the workload is true. */
  readonly timeUs?: Float64Array;
}

/** An empty block of {@link requestBlockCapacity} entries, with room for times. */
export function createRequestBlock(): Required<RequestBlock> {
  return {
    count: 0,
    operation: new Uint8Array(requestBlockCapacity),
    offsetBytes: new Float64Array(requestBlockCapacity),
    lengthBytes: new Float64Array(requestBlockCapacity),
    timeUs: new Float64Array(requestBlockCapacity),
  };
}

/** Appends one request. The caller flushes the block when it is full. */
export function pushRequest(block: RequestBlock, operation: Operation, offsetBytes: number, lengthBytes: number): void {
  const index = block.count++;
  block.operation[index] = operation;
  block.offsetBytes[index] = offsetBytes;
  block.lengthBytes[index] = lengthBytes;
}
