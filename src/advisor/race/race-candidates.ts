import type { AdviceRequest } from '../advice-request.ts';
import { extraCost } from '../choose.ts';
import type { Proposal } from '../proposal.ts';
import type { RaceCandidate, RaceFeatures, RaceGoal } from './types.ts';

/** What a request asks of a race. */
export function raceGoal({ priority }: Pick<AdviceRequest, 'priority'>): RaceGoal {
  return priority === 'speed' ? 'fastest' : 'cheapest';
}

/** A configuration as it enters a race. @param key unique in the race */
export function raceCandidate(
  request: AdviceRequest,
  baseline: Proposal,
  proposal: Proposal,
  key: string,
): RaceCandidate {
  return {
    key,
    logRate: Math.log(proposal.iops.value),
    cost: costOf(request, baseline, proposal),
    features: featuresOf(proposal),
  };
}

/** What the objective makes small, in doublings where it is memory or space. */
function costOf(request: AdviceRequest, baseline: Proposal, proposal: Proposal): number {
  const steps = extraCost(proposal, baseline);
  if (request.priority === 'speed') return steps;
  const bytes =
    request.priority === 'memory'
      ? Math.max(leastMemoryBytes, proposal.memoryBytes)
      : proposal.spaceAmplification.value + proposal.metadataBytes / proposal.geometry.diskBytes;
  return Math.log2(bytes) + steps;
}

/** Less memory than this is no saving that anybody would notice, bytes. */
const leastMemoryBytes = 2 ** 21;

function featuresOf({ geometry, cache, settings }: Proposal): RaceFeatures {
  return {
    clusterLog2: Math.log2(geometry.clusterBytes),
    subclusters: geometry.extendedL2,
    lazyRefcounts: settings.create.lazy_refcounts === true || settings.drive['lazy-refcounts'] === true,
    preallocated: settings.create.preallocation === 'metadata',
    coverageLog2: Math.min(0, Math.log2(Math.max(1, cache.coveredBytes) / geometry.diskBytes)),
    entryLog2: Math.log2(cache.l2EntryBytes),
  };
}
