import type { Candidates } from '../candidates.ts';
import type { Recommendation } from '../recommendation.ts';
import { paretoFront } from './front.ts';
import { spaceSummary } from './summary.ts';

/** Adds what was searched and what of it nothing else beats. @param candidates what the recommendation was chosen from */
export function withSearch(recommendation: Recommendation, candidates: Candidates): Recommendation {
  const { request } = recommendation;
  const { baseline, proposals } = candidates;
  const front = paretoFront(request, baseline, [baseline, ...proposals]);
  const byModel = baseline.speedSource === 'model';
  const space = spaceSummary(request, { byModel, comparedCount: proposals.length, frontCount: front.length });
  return { ...recommendation, space, front };
}
