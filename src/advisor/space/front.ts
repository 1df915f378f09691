import type { AdviceRequest } from '../advice-request.ts';
import { extraCost, fitsMemory, isAllowed, toleranceRatio } from '../choose.ts';
import type { Proposal } from '../proposal.ts';

/** A proposal that nothing else beats: whatever is faster takes more memory or more space. */
export interface FrontPoint {
  readonly proposal: Proposal;
  /** Whether the priority admits it: `speed` limits how fast the file grows. */
  readonly isAllowed: boolean;
}

/**
 * The Pareto front over speed, cache memory and growth of the file: exact over all proposals within the memory limit, fastest first. Of
 * proposals that are equal in all three the one with the fewest steps away from the defaults stands for the others.
 */
export function paretoFront(
  request: AdviceRequest,
  baseline: Proposal,
  proposals: readonly Proposal[],
): readonly FrontPoint[] {
  const sorted = proposals
    .filter((proposal) => fitsMemory(request, proposal))
    .map((proposal) => ({ proposal, cost: extraCost(proposal, baseline) }))
    .sort(
      ({ proposal: a, cost: costA }, { proposal: b, cost: costB }) =>
        b.iops.value - a.iops.value || a.memoryBytes - b.memoryBytes || growth(a) - growth(b) || costA - costB,
    );
  // Whatever comes later is not faster, so it has to be smaller in one of two: the corners reached so far, by growing memory.
  const front: Proposal[] = [];
  const corners: Proposal[] = [];
  for (const { proposal } of sorted) {
    if (corners.some((one) => one.memoryBytes <= proposal.memoryBytes && growth(one) <= growth(proposal))) continue;
    front.push(proposal);
    corners.push(proposal);
  }
  return front.map((proposal) => ({ proposal, isAllowed: isAllowed(request, baseline, proposal) }));
}

/** A tenth of memory or space is no reason for a line of its own, as a ratio; chosen. */
const showingRatio = 1.1;

/**
 * The points that are worth showing to people: of those that are tied in speed and within a tenth of each other in memory and growth,
 * the one that takes least. At most so many, the widest apart in memory kept.
 */
export function thinnedFront(points: readonly FrontPoint[], most: number): readonly FrontPoint[] {
  const kept: FrontPoint[] = [];
  for (const point of points.toSorted((a, b) => a.proposal.memoryBytes - b.proposal.memoryBytes)) {
    const covered = kept.some(({ proposal }) => covers(proposal, point.proposal));
    if (!covered) kept.push(point);
  }
  const step = Math.max(1, (kept.length - 1) / (most - 1));
  const indices = new Set(Array.from({ length: Math.min(most, kept.length) }, (_, at) => Math.round(at * step)));
  return kept.filter((_, index) => indices.has(index)).sort((a, b) => b.proposal.iops.value - a.proposal.iops.value);
}

function covers(one: Proposal, other: Proposal): boolean {
  return (
    one.iops.value >= other.iops.value * (1 - toleranceRatio(other)) &&
    one.memoryBytes <= other.memoryBytes * showingRatio &&
    growth(one) <= growth(other) * showingRatio
  );
}

function growth({ spaceAmplification }: Proposal): number {
  return spaceAmplification.value;
}
