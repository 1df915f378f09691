import { Operation } from '../workload/request.ts';
import type { Workload } from '../workload/workload.ts';

/** What one pass over a workload's requests adds up to, the warm-up included. */
export interface RequestTotals {
  readonly dataRequestCount: number;
  readonly syncCount: number;
  /** Bytes of reads and writes. */
  readonly bytes: number;
  /** How many pieces of the given size, aligned to it, are written at least in part; by piece size. */
  readonly writtenPieceCounts: ReadonlyMap<number, number>;
}

/**
 * Counts a workload's requests and the distinct pieces of the disk that they write, for several piece sizes at once.
 * Memory is one number for each piece written.
 *
 * @param pieceBytes e.g. cluster sizes and what an L2 table maps
 */
export function totalRequests(workload: Workload, pieceBytes: readonly number[]): RequestTotals {
  const written = new Map([...new Set(pieceBytes)].map((bytes) => [bytes, new Set<number>()]));
  let dataRequestCount = 0;
  let syncCount = 0;
  let bytes = 0;
  for (const block of workload.requests()) {
    for (let index = 0; index < block.count; index++) {
      const operation = block.operation[index];
      if (operation === Operation.sync) {
        syncCount += 1;
        continue;
      }
      dataRequestCount += 1;
      if (operation === Operation.trim) continue;
      const offsetBytes = block.offsetBytes[index] ?? 0;
      const lengthBytes = block.lengthBytes[index] ?? 0;
      bytes += lengthBytes;
      if (operation !== Operation.write || lengthBytes === 0) continue;
      for (const [size, pieces] of written) {
        const last = Math.floor((offsetBytes + lengthBytes - 1) / size);
        for (let piece = Math.floor(offsetBytes / size); piece <= last; piece++) pieces.add(piece);
      }
    }
  }
  const writtenPieceCounts = new Map([...written].map(([size, pieces]) => [size, pieces.size]));
  return { dataRequestCount, syncCount, bytes, writtenPieceCounts };
}
