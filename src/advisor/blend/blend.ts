import type { Workload } from '../../workload/workload.ts';
import type { AdviceRequest } from '../advice-request.ts';
import type { WorkloadTraits } from '../workload-traits.ts';

/** One of several workloads that a disk has to serve. */
export interface BlendPart {
  readonly traits: WorkloadTraits;
  /** The requests themselves where it is a profile or a trace. */
  readonly workload?: Workload;
  /** Above 0; what counts is its share of the sum of all weights. */
  readonly weight: number;
}

/**
 * Several workloads that one disk has to serve. Each configuration is ranked under each of them by how many times the defaults' speed it
 * has there, and the ratios are put together by their weighted geometric mean: a ratio has no unit, so that neither a workload of many small
 * requests nor one of few large ones dominates, and twice the speed here outweighs half the speed there, whichever of the two is the base.
 *
 * @source Fleming and Wallace, "How not to lie with statistics: the correct way to summarize benchmark results", CACM 29(3), 1986
 */
export interface Blend {
  readonly parts: readonly BlendPart[];
  /** Whether the worst workload decides in place of the mean. */
  readonly isRobust: boolean;
}

/** A request for each workload of a blend with its share of the weights, 0…1; the request itself where there is none. */
export function partRequests(
  request: AdviceRequest,
): readonly { readonly request: AdviceRequest; readonly share: number }[] {
  const { blend, workload: _workload, ...common } = request;
  if (blend === undefined) return [{ request, share: 1 }];
  const total = blend.parts.reduce((sum, { weight }) => sum + weight, 0);
  return blend.parts.map(({ traits, workload, weight }) => ({
    request: { ...common, traits, ...(workload === undefined ? {} : { workload }) },
    share: weight / total,
  }));
}
