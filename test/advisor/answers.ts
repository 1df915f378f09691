import type { AdviceRequest } from '../../src/advisor/advice-request.ts';
import { withWorth } from '../../src/advisor/full-answer.ts';
import { arithmeticProspect } from '../../src/advisor/outlook.ts';
import { type Recommendation, recommend } from '../../src/advisor/recommendation.ts';

/** The whole answer as `qtune recommend` gives it from arithmetic. */
export function arithmeticAnswer(request: AdviceRequest): Recommendation {
  const { candidates, outlook } = arithmeticProspect(request);
  return withWorth(recommend(request, candidates), outlook, arithmeticProspect);
}
