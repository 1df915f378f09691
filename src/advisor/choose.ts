import { defaultClusterBytes } from '../qcow2/limits.ts';
import { defaultL2CacheMaximumBytes } from '../settings/cache-sizing.ts';
import type { AdviceRequest, Priority } from './advice-request.ts';
import type { Proposals } from './candidates.ts';
import type { Proposal } from './proposal.ts';

/**
 * Differences in speed below this are not acted on, as a ratio: the costs behind a prediction are not known better than that; chosen.
 */
export const noticeableRatio = 0.9;

/** Speed may not more than double the growth of the file, as a ratio to the defaults'; chosen. */
export const maximumGrowthRatio = 2;

/** What each step away from the defaults has to be worth, in doublings of memory or space; chosen. */
const stepCost = { cluster: 0.05, subclusters: 0.1, cache: 0.05, entry: 0.02 } as const;

/** Caches up to this are what QEMU takes without being asked, bytes: nothing is gained by staying below, unless memory counts most. */
const usualMemoryBytes = defaultL2CacheMaximumBytes + 4 * defaultClusterBytes;

/**
 * How much faster than the defaults a proposal is at least: the smallest ratio over the machines whose costs are known. What
 * helps one of them only is not counted.
 */
export function speedRatio(proposal: Proposal, baseline: Proposal): number {
  return Math.min(...proposal.rates.map((rate, machine) => rate / (baseline.rates[machine] ?? rate)));
}

/**
 * Picks by the priority. Ties go to the proposal with the fewest steps away from QEMU's defaults.
 *
 * `speed`: the defaults, unless something is noticeably faster; then the cheapest of the fastest. `space` and `memory`: the
 * smallest that is not noticeably slower than the defaults; and the defaults where that saves less than a tenth.
 */
export function choose(request: AdviceRequest, baseline: Proposal, proposals: Proposals): Proposal {
  const fits = baseline.memoryBytes <= (request.memoryLimitBytes ?? Number.POSITIVE_INFINITY);
  const speed = (proposal: Proposal) => speedRatio(proposal, baseline);
  const fastEnough = (pool: Proposals, target: number): Proposals => {
    const best = least(pool, (proposal) => -speed(proposal));
    const wanted = Math.min(target, speed(best)) * noticeableRatio;
    return [best, ...pool.filter((proposal) => speed(proposal) >= wanted)];
  };
  if (request.priority === 'speed') {
    const fastest = fastEnough(withoutGrowth(baseline, proposals), Number.POSITIVE_INFINITY);
    if (fits && speed(fastest[0]) * noticeableRatio <= 1) return baseline;
    return least(fastest, (proposal) => extraCost(proposal, baseline));
  }
  const size = sizeOf[request.priority];
  const smallest = least(fastEnough(proposals, 1), (proposal) => Math.log2(size(proposal)) + steps(proposal, baseline));
  return fits && size(smallest) > size(baseline) * noticeableRatio ? baseline : smallest;
}

/** Proposals whose growth is acceptable; where none is, the one that grows least. */
function withoutGrowth(baseline: Proposal, proposals: Proposals): Proposals {
  const limit = baseline.spaceAmplification.value * maximumGrowthRatio;
  const slowest = least(proposals, (proposal) => proposal.spaceAmplification.value);
  return [slowest, ...proposals.filter((proposal) => proposal.spaceAmplification.value <= limit)];
}

/** What the two saving priorities make small. */
const sizeOf: Readonly<Record<Exclude<Priority, 'speed'>, (proposal: Proposal) => number>> = {
  // Less than this is no saving that anybody would notice.
  memory: (proposal) => Math.max(2 ** 21, proposal.memoryBytes),
  space: (proposal) => proposal.spaceAmplification.value + proposal.metadataBytes / proposal.geometry.diskBytes,
};

/** Memory and space beyond those of the defaults, in doublings, and the steps away from them. A tenth more costs nothing. */
export function extraCost(proposal: Proposal, baseline: Proposal): number {
  const usualBytes = Math.max(usualMemoryBytes, baseline.memoryBytes);
  const memory = Math.log2((proposal.memoryBytes * noticeableRatio) / usualBytes);
  const space = Math.log2((sizeOf.space(proposal) * noticeableRatio) / sizeOf.space(baseline));
  return Math.max(0, memory) + Math.max(0, space) + steps(proposal, baseline);
}

function steps(proposal: Proposal, baseline: Proposal): number {
  const cluster = Math.abs(Math.log2(proposal.geometry.clusterBytes / baseline.geometry.clusterBytes));
  return (
    cluster * stepCost.cluster +
    (proposal.geometry.extendedL2 ? stepCost.subclusters : 0) +
    ('l2-cache-size' in proposal.settings.drive ? stepCost.cache : 0) +
    ('l2-cache-entry-size' in proposal.settings.drive ? stepCost.entry : 0)
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
