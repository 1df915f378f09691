import type { RequestBlock } from '../../workload/request.ts';
import type { Workload } from '../../workload/workload.ts';

/**
 * The start of a workload, warm-up included: the same requests on the same image, under a name of its own. A race needs hundreds of
 * trials, for which a long trace has no time.
 * @param measuredCount requests behind the warm-up
 * @returns the workload itself where that is most of it
 */
export function workloadHead(workload: Workload, measuredCount: number): Workload {
  const requestCount = workload.warmUpCount + Math.max(1, Math.round(measuredCount));
  if (requestCount >= mostShare * workload.requestCount) return workload;
  return {
    ...workload,
    name: `${workload.name}-start`,
    title: `${workload.title}: the first ${requestCount} requests`,
    requestCount,
    identity: { head: requestCount, of: workload.identity },
    *requests() {
      let left = requestCount;
      for (const block of workload.requests()) {
        const count = Math.min(left, block.count);
        left -= count;
        yield count === block.count ? block : { ...block, count };
        if (left === 0) return;
      }
    },
  } satisfies Workload & { requests(): Iterable<RequestBlock> };
}

/** Leaving out less than a third saves nothing that would matter. */
const mostShare = 2 / 3;
