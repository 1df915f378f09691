import { defaultL2CacheMaximumBytes } from '../settings/cache-sizing.ts';
import { formatBytes } from '../units/bytes.ts';
import type { AdviceRequest } from './advice-request.ts';
import { type Candidates, type Proposals, sameImage, withoutImage } from './candidates.ts';
import { choose, extraCost, speedRatio, toleranceRatio } from './choose.ts';
import { type Proposal, sameSettings } from './proposal.ts';

export interface Alternative {
  readonly title: string;
  readonly tradeOff: string;
  readonly proposal: Proposal;
}

/** How many are shown. */
const alternativeCount = 2;

/**
 * Two other ways that somebody may have a good reason for, none of them the recommendation or the defaults. For an image that exists: what it
 * could be after a conversion, if that is worth it. Else a larger cache alone and larger clusters alone; then the answers to the other priorities.
 */
export function chooseAlternatives(
  request: AdviceRequest,
  recommended: Proposal,
  { baseline, proposals, converted }: Candidates,
): readonly Alternative[] {
  // An image with metadata in advance is the recommendation or none: it is a trade of its own, for speed only.
  const [first = baseline, ...rest] = proposals.filter(({ settings }) => settings.create.preallocation === undefined);
  const search = { request, baseline, recommended, proposals: [first, ...rest] as const };
  const chosen: Alternative[] = [];
  for (const candidate of [...afterConverting(search, converted), ...candidates(search)]) {
    if (chosen.length === alternativeCount) break;
    const taken = [recommended, baseline, ...chosen.map((alternative) => alternative.proposal)];
    if (taken.every((proposal) => !sameSettings(proposal.settings, candidate.proposal.settings)))
      chosen.push(candidate);
  }
  return chosen;
}

interface Search {
  readonly request: AdviceRequest;
  readonly baseline: Proposal;
  readonly recommended: Proposal;
  readonly proposals: Proposals;
}

/** What a new image would be, where that is faster than the image that is there, or as fast with half the memory. */
function afterConverting(
  { request, baseline, recommended }: Search,
  converted: Proposals | undefined,
): readonly Alternative[] {
  if (converted === undefined) return [];
  const proposal = choose(withoutImage(request), baseline, converted);
  const worth = speedRatio(proposal, recommended);
  const isFaster = worth * (1 - toleranceRatio(proposal)) > 1;
  const isSmaller = worth >= 1 - toleranceRatio(proposal) && proposal.memoryBytes <= recommended.memoryBytes / 2;
  if (sameImage(proposal.settings, baseline.settings) || !(isFaster || isSmaller)) return [];
  return [
    {
      title: 'after converting',
      tradeOff:
        'The guest has to be off while the image is copied into a new file, with room for both; the commands stand under "Convert the image".',
      proposal,
    },
  ];
}

function* candidates({ request, baseline, recommended, proposals }: Search): Generator<Alternative> {
  const cacheOnly = largestCache(request, baseline, proposals);
  if (cacheOnly && speedRatio(cacheOnly, baseline) * (1 - toleranceRatio(cacheOnly)) > 1) {
    yield {
      title: 'only a larger cache',
      tradeOff: `${request.image ? 'All that a larger cache can do' : 'For an image that exists, since its clusters cannot be changed'}: ${formatBytes(cacheOnly.memoryBytes)} of memory for as long as the guest runs.`,
      proposal: cacheOnly,
    };
  }
  const clustersOnly = smallestCoveredClusters(proposals);
  if (clustersOnly && baseline.cache.coveredBytes < request.diskBytes) {
    yield {
      title: 'only larger clusters',
      tradeOff: `QEMU's default cache covers the disk and every program reads the image; each first write takes ${formatBytes(clustersOnly.allocationUnitBytes)}.`,
      proposal: clustersOnly,
    };
  }
  for (const priority of ['memory', 'space', 'speed'] as const) {
    const proposal = choose({ ...request, priority }, baseline, proposals);
    yield { ...otherPriority[priority](proposal, baseline), proposal };
  }
  const merit = (proposal: Proposal) => Math.log2(speedRatio(proposal, baseline)) - extraCost(proposal, baseline);
  for (const proposal of [...proposals].sort((a, b) => merit(b) - merit(a))) {
    const { geometry, memoryBytes, allocationUnitBytes } = proposal;
    if ([recommended, baseline].some((known) => sameShape(known, proposal))) continue;
    yield {
      title: `${formatBytes(geometry.clusterBytes)} clusters${geometry.extendedL2 ? ', subclusters' : ''}`,
      tradeOff: `${formatBytes(memoryBytes)} of memory, ${formatBytes(allocationUnitBytes)} for each first write.`,
      proposal,
    };
  }
}

function sameShape({ geometry: a }: Proposal, { geometry: b }: Proposal): boolean {
  return a.clusterBytes === b.clusterBytes && a.extendedL2 === b.extendedL2;
}

const otherPriority: Readonly<
  Record<AdviceRequest['priority'], (proposal: Proposal, baseline: Proposal) => Pick<Alternative, 'title' | 'tradeOff'>>
> = {
  memory: (proposal) => ({
    title: 'least memory',
    tradeOff: `The smallest caches at no less than the defaults' speed: ${formatBytes(proposal.memoryBytes)}.`,
  }),
  space: (proposal) => ({
    title: 'least space',
    tradeOff: `The slowest growth of the file at no less than the defaults' speed: ${formatBytes(proposal.allocationUnitBytes)} for each first write.`,
  }),
  speed: () => ({ title: 'fastest', tradeOff: 'The most requests per second that the model expects.' }),
};

/** Default clusters with the most cache that is of use and within the limit. */
function largestCache(request: AdviceRequest, baseline: Proposal, proposals: Proposals): Proposal | undefined {
  if (baseline.cache.coveredBytes >= request.diskBytes) return undefined;
  return proposals
    .filter(
      (proposal) => sameImage(proposal.settings, baseline.settings) && proposal.cache.l2Bytes > baseline.cache.l2Bytes,
    )
    .reduce<Proposal | undefined>(
      (best, proposal) => (best && best.cache.l2Bytes >= proposal.cache.l2Bytes ? best : proposal),
      undefined,
    );
}

/** The smallest plain clusters whose tables fit into the default cache. */
function smallestCoveredClusters(proposals: Proposals): Proposal | undefined {
  return proposals.find(
    ({ geometry, settings }) =>
      !geometry.extendedL2 &&
      settings.create.lazy_refcounts === undefined &&
      geometry.l2FullCoverageBytes <= defaultL2CacheMaximumBytes &&
      'cluster_size' in settings.create &&
      !('l2-cache-size' in settings.drive) &&
      geometry.clusterBytes > 65_536,
  );
}
