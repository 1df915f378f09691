import { defaultClusterBytes } from '../qcow2/limits.ts';
import { defaultL2CacheMaximumBytes } from '../settings/cache-sizing.ts';
import type { AdviceRequest, Priority } from './advice-request.ts';
import type { Proposals } from './candidates.ts';
import type { Proposal } from './proposal.ts';

/**
 * The objective, for which "best" is used everywhere. Among the proposals that are allowed (see {@link isAllowed}):
 *
 * - `speed`: the most requests per second. Whatever is within {@link toleranceRatio} of the fastest is tied with it, and of those the one
 *   with the least {@link extraCost} is picked: QEMU's defaults if they are among them.
 * - `memory`, `space`: the least of it among the proposals that are not slower than QEMU's defaults by more than the tolerance; and the
 *   defaults themselves where that saves less than a tenth.
 */

/** Memory, or space, that differs by less is the same to anybody, as a ratio; chosen. */
const noticeableRatio = 0.9;

/**
 * Speeds that are nearer to each other are tied, as a share of the faster one.
 *
 * `known`, from the model of the driver or from measurement: 2 %. A pick is to be within 3 % of the best; a hundredth of that is what blocks
 * of measurements that took turns are off by on a quiet machine (`stats/verdict.ts`, `interleavedThresholdRatio`), which leaves two. Errors of the
 * model are larger, but most of them are common to the configurations that it compares.
 *
 * `arithmetic`: 10 %. Its costs are those of two other machines and come from tables with a row for each doubling of a cluster,
 * between which it interpolates.
 */
const toleranceRatios = { known: 0.02, arithmetic: 0.1 } as const;

/** See {@link toleranceRatios}; 0…1. */
export function toleranceRatio({ speedSource }: Pick<Proposal, 'speedSource'>): number {
  return toleranceRatios[speedSource === 'arithmetic' ? 'arithmetic' : 'known'];
}

/** Speed may not more than double the growth of the file, as a ratio to the defaults'; chosen. */
export const maximumGrowthRatio = 2;

/** What each step away from the defaults has to be worth, in doublings of memory or space; chosen. */
const stepCost = { cluster: 0.05, subclusters: 0.1, cache: 0.05, entry: 0.02, preallocation: 0.5, lazy: 0.5 } as const;

/** Caches up to this are what QEMU takes without being asked, bytes: nothing is gained by staying below, unless memory counts most. */
const usualMemoryBytes = defaultL2CacheMaximumBytes + 4 * defaultClusterBytes;

/** Whether the caches of a proposal are within the limit on memory, if there is one. */
export function fitsMemory(
  { memoryLimitBytes }: AdviceRequest,
  { memoryBytes }: Pick<Proposal, 'memoryBytes'>,
): boolean {
  return memoryBytes <= (memoryLimitBytes ?? Number.POSITIVE_INFINITY);
}

/**
 * Whether the objective admits a proposal: its caches are within the memory limit and, where speed counts most, the file does not grow by
 * more than twice as fast as under the defaults.
 */
export function isAllowed(request: AdviceRequest, baseline: Proposal, proposal: Proposal): boolean {
  if (!fitsMemory(request, proposal)) return false;
  const growthLimit = baseline.spaceAmplification.value * maximumGrowthRatio;
  return request.priority !== 'speed' || proposal.spaceAmplification.value <= growthLimit;
}

/**
 * How much faster than the defaults a proposal is at least: the smallest ratio over the machines whose costs are known. What
 * helps one of them only is not counted.
 */
export function speedRatio(proposal: Proposal, baseline: Proposal): number {
  return Math.min(...proposal.rates.map((rate, machine) => rate / (baseline.rates[machine] ?? rate)));
}

/** The pick, by the objective above. Where nothing is allowed, the proposal that grows least takes its part. */
export function choose(request: AdviceRequest, baseline: Proposal, proposals: Proposals): Proposal {
  return request.priority === 'speed'
    ? fastest(request, baseline, proposals)
    : smallest(request, request.priority, baseline, proposals);
}

function fastest(request: AdviceRequest, baseline: Proposal, proposals: Proposals): Proposal {
  const speed = (proposal: Proposal) => speedRatio(proposal, baseline);
  const frugal = least(proposals, (proposal) => proposal.spaceAmplification.value);
  const pool: Proposals = [frugal, ...proposals.filter((proposal) => isAllowed(request, baseline, proposal))];
  const best = least(pool, (proposal) => -speed(proposal));
  const tied = speed(best) * (1 - toleranceRatio(best));
  if (fitsMemory(request, baseline) && tied <= 1) return baseline;
  return least([best, ...pool.filter((proposal) => speed(proposal) >= tied)], (proposal) =>
    extraCost(proposal, baseline),
  );
}

function smallest(
  request: AdviceRequest,
  priority: Exclude<Priority, 'speed'>,
  baseline: Proposal,
  proposals: Proposals,
): Proposal {
  const speed = (proposal: Proposal) => speedRatio(proposal, baseline);
  const best = least(proposals, (proposal) => -speed(proposal));
  const enough = Math.min(1, speed(best)) * (1 - toleranceRatio(best));
  const size = sizeOf[priority];
  const found = least([best, ...proposals.filter((proposal) => speed(proposal) >= enough)], (proposal) => {
    return Math.log2(size(proposal)) + steps(proposal, baseline);
  });
  const savesNothing = size(found) > size(baseline) * noticeableRatio;
  return fitsMemory(request, baseline) && savesNothing ? baseline : found;
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

function steps({ geometry, settings }: Proposal, baseline: Proposal): number {
  const { create, drive } = settings;
  const own = (values: ProposalValues, name: string) => values[name] !== undefined;
  const cluster = Math.abs(Math.log2(geometry.clusterBytes / baseline.geometry.clusterBytes));
  return (
    cluster * stepCost.cluster +
    (geometry.extendedL2 ? stepCost.subclusters : 0) +
    (own(drive, 'l2-cache-size') ? stepCost.cache : 0) +
    (own(drive, 'l2-cache-entry-size') ? stepCost.entry : 0) +
    (create.preallocation === 'metadata' ? stepCost.preallocation : 0) +
    (create.lazy_refcounts === true || drive['lazy-refcounts'] === true ? stepCost.lazy : 0)
  );
}

type ProposalValues = Proposal['settings']['create'];

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
