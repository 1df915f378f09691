import { Operation, type RequestBlock } from '../../workload/request.ts';
import type { Workload } from '../../workload/workload.ts';

/** The requests of a workload, or of its start, in columns of their own: read once, run under many configurations. */
export interface RequestList extends RequestBlock {
  /** Requests at the start that are not counted. */
  readonly warmUpCount: number;
  /** Reads, writes and trims behind the warm-up. */
  readonly dataCount: number;
  /** Whether nothing but reads and syncs are in it, so that the image stays as it is. */
  readonly readsOnly: boolean;
}

export interface RequestLimits {
  /** Of the warm-up at most this many requests, its last ones. */
  readonly warmUp: number;
  /** Behind the warm-up at most this many requests, the first ones. */
  readonly measured: number;
}

/** Copies the requests of a workload within the limits. */
export function listRequests(workload: Workload, limits: RequestLimits): RequestList {
  const skipped = Math.max(0, workload.warmUpCount - limits.warmUp);
  const warmUpCount = workload.warmUpCount - skipped;
  const count = Math.min(workload.requestCount - skipped, warmUpCount + limits.measured);
  const operation = new Uint8Array(count);
  const offsetBytes = new Float64Array(count);
  const lengthBytes = new Float64Array(count);
  let seen = 0;
  let kept = 0;
  for (const block of workload.requests()) {
    for (let index = 0; index < block.count && kept < count; index++) {
      if (seen++ < skipped) continue;
      operation[kept] = block.operation[index] as number;
      offsetBytes[kept] = block.offsetBytes[index] as number;
      lengthBytes[kept] = block.lengthBytes[index] as number;
      kept++;
    }
    if (kept === count) break;
  }
  const dataCount = operation.subarray(warmUpCount).reduce((sum, one) => sum + (one === Operation.sync ? 0 : 1), 0);
  const readsOnly = operation.every((one) => one === Operation.read || one === Operation.sync);
  return { count, operation, offsetBytes, lengthBytes, warmUpCount, dataCount, readsOnly };
}
