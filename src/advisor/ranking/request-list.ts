import { Operation, type RequestBlock } from '../../workload/request.ts';
import type { Workload } from '../../workload/workload.ts';

/** The requests of a workload in columns of their own: read once, run under many configurations. */
export interface RequestList extends RequestBlock {
  /** Requests at the start that are not counted. */
  readonly warmUpCount: number;
  /** Reads, writes and trims behind the warm-up. */
  readonly dataCount: number;
  /** Whether nothing but reads and syncs are in it, so that the image stays as it is. */
  readonly readsOnly: boolean;
}

/** Copies the requests of a workload. */
export function listRequests(workload: Workload): RequestList {
  const { requestCount: count, warmUpCount } = workload;
  const operation = new Uint8Array(count);
  const offsetBytes = new Float64Array(count);
  const lengthBytes = new Float64Array(count);
  let kept = 0;
  for (const block of workload.requests()) {
    operation.set(block.operation.subarray(0, block.count), kept);
    offsetBytes.set(block.offsetBytes.subarray(0, block.count), kept);
    lengthBytes.set(block.lengthBytes.subarray(0, block.count), kept);
    kept += block.count;
  }
  const dataCount = operation.subarray(warmUpCount).reduce((sum, one) => sum + (one === Operation.sync ? 0 : 1), 0);
  const readsOnly = operation.every((one) => one === Operation.read || one === Operation.sync);
  return { count, operation, offsetBytes, lengthBytes, warmUpCount, dataCount, readsOnly };
}
