import { createRandom } from '../../stats/random.ts';

/** One stretch of a workload whose requests are priced, by the places of requests in the workload. */
export interface WindowSpan {
  /** From here on requests are run, so that caches and costs are as in the midst of a run. */
  readonly start: number;
  /** From here on to `end` they are priced. */
  readonly measuredStart: number;
  readonly end: number;
}

export interface WindowPlan {
  /** Requests behind the warm-up that are all priced: a workload's start is like nothing else in it. */
  readonly headCount: number;
  /** How many windows there are besides, each in its part of the rest. */
  readonly windowCount: number;
  /** Requests before each window, and in it. */
  readonly leadCount: number;
  readonly measuredCount: number;
}

/**
 * The head, and one window in each of equal parts of what follows, at a place that the seed draws: no request is left out of the draw,
 * and nothing that recurs in the workload can fall in step with the windows.
 */
export function windowSpans(
  { headCount, windowCount, leadCount, measuredCount }: WindowPlan,
  warmUpCount: number,
  requestCount: number,
  seed: number,
): readonly WindowSpan[] {
  const random = createRandom(seed);
  let free = warmUpCount + headCount;
  const stratum = (requestCount - free) / windowCount;
  const first = free;
  const head = { start: Math.max(0, warmUpCount - leadCount), measuredStart: warmUpCount, end: free };
  const windows = Array.from({ length: windowCount }, (_, index) => {
    const from = first + Math.round(index * stratum);
    const to = first + Math.round((index + 1) * stratum);
    const measuredStart = from + random.below(to - from - measuredCount + 1);
    const start = Math.max(free, measuredStart - leadCount);
    free = measuredStart + measuredCount;
    return { start, measuredStart, end: free };
  });
  return [head, ...windows];
}
