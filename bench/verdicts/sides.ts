import {
  createRequestBlock,
  Operation,
  pushRequest,
  type RequestBlock,
  requestBlockCapacity,
} from '../../src/workload/request.ts';
import type { Workload } from '../../src/workload/workload.ts';

/**
 * The workload with a known loss: of its measured requests the given share is made twice, spread evenly. Where it syncs,
 * everything up to a sync is made twice, the sync included: a sync with nothing to write would cost next to nothing. What the
 * loss really is a long run shows, as a request may cost a little less the second time.
 *
 * @param share 0 to 1; 0.05 makes every twentieth request, or group of requests with its sync, twice
 */
export function withDuplicates(workload: Workload, share: number): Workload {
  if (share === 0) return workload;
  const grouped = hasSyncs(workload);
  let requestCount = 0;
  for (const block of duplicated(workload, share, grouped)) requestCount += block.count;
  return {
    ...workload,
    requestCount,
    identity: { of: workload.identity, share },
    requests: () => duplicated(workload, share, grouped),
  };
}

function hasSyncs(workload: Workload): boolean {
  for (const block of workload.requests()) {
    for (let index = 0; index < block.count; index++) if (block.operation[index] === Operation.sync) return true;
  }
  return false;
}

type Request = readonly [operation: Operation, offsetBytes: number, lengthBytes: number];

function* duplicated(workload: Workload, share: number, grouped: boolean): Generator<RequestBlock> {
  const block = createRequestBlock();
  let owed = 0;
  for (const { group, isMeasured } of groups(workload, grouped)) {
    owed += isMeasured ? share : 0;
    const times = owed >= 1 ? 2 : 1;
    owed -= times - 1;
    for (let time = 0; time < times; time++) {
      for (const request of group) {
        pushRequest(block, ...request);
        if (block.count < requestBlockCapacity) continue;
        yield block;
        block.count = 0;
      }
    }
  }
  if (block.count > 0) yield block;
}

/** Single requests, or all up to a sync and the sync. */
function* groups(
  workload: Workload,
  grouped: boolean,
): Generator<{ readonly group: readonly Request[]; readonly isMeasured: boolean }> {
  let group: Request[] = [];
  let position = 0;
  for (const block of workload.requests()) {
    for (let index = 0; index < block.count; index++, position++) {
      const operation = (block.operation[index] ?? 0) as Operation; // the column holds nothing else
      group.push([operation, block.offsetBytes[index] ?? 0, block.lengthBytes[index] ?? 0]);
      if (grouped && operation !== Operation.sync) continue;
      yield { group, isMeasured: position >= workload.warmUpCount };
      group = [];
    }
  }
  if (group.length > 0) yield { group, isMeasured: true };
}
