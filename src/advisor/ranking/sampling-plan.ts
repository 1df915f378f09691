import type { Workload } from '../../workload/workload.ts';
import type { PredictionLength } from './predictor.ts';
import type { WindowPlan } from './window-plan.ts';

/** Requests of each window: its warm-up, and what is priced. Many short windows tell more than a few long ones. */
const leadCount = 32;
const measuredCount = 64;
/** Requests at the start, where caches are empty and tables are made. */
const headCount = 256;
/** Fewer windows would not tell their own error; more would not lower it by much. */
const windowCounts = { least: 24, most: 1024 } as const;
/** A workload is run whole up to so many times the requests of its windows: between these there is work too. */
const wholeRatio = 1.5;

/** How a workload is sampled so that it can be run under so many configurations; undefined where the whole of it is run. */
export function samplingPlan(
  { requestCount, warmUpCount }: Pick<Workload, 'requestCount' | 'warmUpCount'>,
  { runRequests, configurationCount }: Pick<PredictionLength, 'runRequests' | 'configurationCount'>,
): WindowPlan | undefined {
  const perWindow = leadCount + measuredCount;
  const affordable = Math.floor((runRequests / Math.max(1, configurationCount) - headCount) / perWindow);
  const windowCount = Math.max(windowCounts.least, Math.min(windowCounts.most, affordable));
  const sampled = headCount + windowCount * perWindow;
  const isShort = requestCount <= wholeRatio * sampled;
  // Each window lies in a part of its own.
  return isShort || requestCount - warmUpCount < sampled
    ? undefined
    : { headCount, windowCount, leadCount, measuredCount };
}
