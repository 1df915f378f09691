import type { CacheFamily } from '../../../driver/cost/cost-profile.ts';
import type { AdviceRequest } from '../../advice-request.ts';
import type { PredictionBasis } from '../../ranking/part.ts';

/** What charts are made with: the disk in question, the modelled host and the costs of its I/O. */
export interface Lab {
  readonly request: AdviceRequest;
  /** Past the page cache, `cache=none`. */
  readonly basis: PredictionBasis;
  /** Through it; absent where no costs for that are known. */
  readonly bufferedBasis: PredictionBasis;
}

/** The costs of the page cache's side that a mode is on. */
export function basisFor({ basis, bufferedBasis }: Lab, family: CacheFamily): PredictionBasis {
  return family === 'direct' ? basis : bufferedBasis;
}
