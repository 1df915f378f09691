import {
  createRequestBlock,
  type Operation,
  pushRequest,
  type RequestBlock,
  requestBlockCapacity,
} from '../../src/workload/request.ts';
import type { Workload } from '../../src/workload/workload.ts';

/**
 * The workload with a known loss: of its measured requests the given share is made twice, spread evenly. The time for the
 * same work grows by that share where a request costs the same the second time, which a long run has to confirm.
 *
 * @param share 0 to 1; 0.05 makes every twentieth data request twice
 */
export function withDuplicates(workload: Workload, share: number): Workload {
  if (share === 0) return workload;
  let extra = 0;
  for (const _ of duplicated(workload, share)) extra += _.count;
  return {
    ...workload,
    requestCount: extra,
    identity: { of: workload.identity, share },
    requests: () => duplicated(workload, share),
  };
}

function* duplicated(workload: Workload, share: number): Generator<RequestBlock> {
  const block = createRequestBlock();
  let position = 0;
  let owed = 0;
  for (const source of workload.requests()) {
    for (let index = 0; index < source.count; index++, position++) {
      const operation = (source.operation[index] ?? 0) as Operation;
      const offset = source.offsetBytes[index] ?? 0;
      const length = source.lengthBytes[index] ?? 0;
      pushRequest(block, operation, offset, length);
      owed += position < workload.warmUpCount ? 0 : share;
      // A sync costs too: it is made twice at its turn, so that the loss is the same share of every kind.
      if (owed >= 1) {
        owed -= 1;
        pushRequest(block, operation, offset, length);
      }
      if (block.count >= requestBlockCapacity - 2) {
        yield block;
        block.count = 0;
      }
    }
  }
  if (block.count > 0) yield block;
}
