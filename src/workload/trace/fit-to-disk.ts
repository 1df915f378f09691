import { Operation, type RequestBlock } from '../request.ts';
import type { MoveRequests } from '../request-store.ts';

/** Pieces that stay together when a trace is scaled: requests in sequence stay in sequence, and blocks stay aligned. */
const pieceBytes = 1024 * 1024;
const sectorBytes = 512;

/** Requests are not longer than the disk; only discards of a whole device are. */
export function cutToDisk(lengthBytes: number, diskBytes: number): number {
  return Math.min(lengthBytes, diskBytes);
}

/** The offset modulo the disk's size, and so far before its end that the request lies on it. */
export function foldedOffset(offsetBytes: number, lengthBytes: number, diskBytes: number): number {
  return beforeEnd(offsetBytes % diskBytes, lengthBytes, diskBytes);
}

/**
 * Moves the pieces of 1 MiB of a trace so that they span the disk, evenly and in their order. Where the disk is smaller,
 * several pieces come to lie on one.
 *
 * @param endBytes where the trace's last byte ends
 */
export function scaleToDisk(endBytes: number, diskBytes: number): MoveRequests {
  const pieceCount = Math.max(1, Math.ceil(endBytes / pieceBytes));
  const targetCount = Math.max(1, Math.floor(diskBytes / pieceBytes));
  return (block: RequestBlock): void => {
    for (let index = 0; index < block.count; index++) {
      if (block.operation[index] === Operation.sync) continue;
      const offset = block.offsetBytes[index] as number;
      const length = cutToDisk(block.lengthBytes[index] as number, diskBytes);
      const piece = Math.floor(offset / pieceBytes);
      const target = Math.floor((piece * targetCount) / pieceCount);
      block.offsetBytes[index] = beforeEnd(target * pieceBytes + (offset - piece * pieceBytes), length, diskBytes);
      block.lengthBytes[index] = length;
    }
  };
}

function beforeEnd(offsetBytes: number, lengthBytes: number, diskBytes: number): number {
  if (offsetBytes + lengthBytes <= diskBytes) return offsetBytes;
  return Math.floor((diskBytes - lengthBytes) / sectorBytes) * sectorBytes;
}
