import type { AdviceRequest, Priority } from './advice-request.ts';
import type { Proposals } from './candidates.ts';
import type { Proposal } from './proposal.ts';

/**
 * Differences in predicted speed below this are not acted on, as a ratio. The costs behind a prediction differ more between machines
 * than between near neighbours on one of them; chosen.
 */
export const noticeableRatio = 0.9;

/** What each step away from the defaults has to be worth, in doublings of memory or space; chosen. */
const stepCost = { cluster: 0.05, subclusters: 0.1, cache: 0.05 } as const;

/**
 * Picks by the priority. Ties go to the proposal with the fewest steps away from QEMU's defaults.
 *
 * `speed`: the defaults, unless something is noticeably faster; then the cheapest of the fastest. `space` and `memory`: the
 * smallest that is not noticeably slower than the defaults; and the defaults where that saves less than a tenth.
 */
export function choose(request: AdviceRequest, baseline: Proposal, proposals: Proposals): Proposal {
  const fits = baseline.memoryBytes <= (request.memoryLimitBytes ?? Number.POSITIVE_INFINITY);
  const best = least(proposals, (proposal) => -proposal.iops.value);
  const fastEnough = (target: number): Proposals => [
    best,
    ...proposals.filter((proposal) => proposal.iops.value >= target * noticeableRatio),
  ];
  if (request.priority === 'speed') {
    if (fits && baseline.iops.value >= best.iops.value * noticeableRatio) return baseline;
    return least(fastEnough(best.iops.value), (proposal) => extraCost(proposal, baseline));
  }
  const size = sizeOf[request.priority];
  const fast = fastEnough(Math.min(baseline.iops.value, best.iops.value));
  const smallest = least(fast, (proposal) => Math.log2(size(proposal)) + steps(proposal, baseline));
  return fits && size(smallest) > size(baseline) * noticeableRatio ? baseline : smallest;
}

/** What the two saving priorities make small. */
const sizeOf: Readonly<Record<Exclude<Priority, 'speed'>, (proposal: Proposal) => number>> = {
  memory: (proposal) => proposal.memoryBytes,
  space: (proposal) => proposal.spaceAmplification.value + proposal.metadataBytes / proposal.geometry.diskBytes,
};

/** Memory and space beyond those of the defaults, in doublings, and the steps away from them. A tenth more costs nothing. */
function extraCost(proposal: Proposal, baseline: Proposal): number {
  const memory = Math.log2((proposal.memoryBytes * noticeableRatio) / baseline.memoryBytes);
  const space = Math.log2((sizeOf.space(proposal) * noticeableRatio) / sizeOf.space(baseline));
  return Math.max(0, memory) + Math.max(0, space) + steps(proposal, baseline);
}

function steps(proposal: Proposal, baseline: Proposal): number {
  const cluster = Math.abs(Math.log2(proposal.geometry.clusterBytes / baseline.geometry.clusterBytes));
  return (
    cluster * stepCost.cluster +
    (proposal.geometry.extendedL2 ? stepCost.subclusters : 0) +
    ('l2-cache-size' in proposal.settings.drive ? stepCost.cache : 0)
  );
}

/** The proposal with the least cost; the first of several. */
function least([first, ...rest]: Proposals, cost: (proposal: Proposal) => number): Proposal {
  let chosen = first;
  let chosenCost = cost(first);
  for (const proposal of rest) {
    const itsCost = cost(proposal);
    if (itsCost < chosenCost) {
      chosen = proposal;
      chosenCost = itsCost;
    }
  }
  return chosen;
}
