import { setImmediate } from 'node:timers/promises';
import { InterruptedError } from '../errors.ts';
import type { RequestBlock } from '../workload/request.ts';
import type { Workload } from '../workload/workload.ts';
import type { Host } from './host.ts';
import { Progress } from './progress.ts';

/** Blocks of requests between two looks at signals: some tens of milliseconds. */
const blocksPerTurn = 64;

/**
 * Hands over every request of a workload once, block by block, with progress on standard error. A block is only valid until
 * the next is asked for.
 * @throws InterruptedError
 */
export async function* requestsInTurns(workload: Workload, host: Host): AsyncGenerator<RequestBlock, void, undefined> {
  const progress = new Progress(host);
  let [done, blockCount] = [0, 0];
  try {
    for (const block of workload.requests()) {
      done += block.count;
      blockCount += 1;
      if (host.signal.aborted) throw new InterruptedError();
      yield block;
      if (blockCount % blocksPerTurn > 0) continue;
      // Signals are only seen between turns of the event loop.
      await setImmediate();
      progress.update(done / workload.requestCount, workload.name);
    }
  } finally {
    progress.done();
  }
}
