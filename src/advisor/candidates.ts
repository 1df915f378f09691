import { UsageError } from '../errors.ts';
import type { Geometry } from '../qcow2/geometry.ts';
import { defaultClusterBytes, maximumL1Bytes } from '../qcow2/limits.ts';
import { defaultL2CacheMaximumBytes } from '../settings/cache-sizing.ts';
import type { SettingValues } from '../settings/configuration.ts';
import { geometryOf } from '../settings/resolve.ts';
import { exactBytes } from '../units/bytes.ts';
import type { AdviceRequest } from './advice-request.ts';
import { hasSubclusters, type Proposal, propose } from './proposal.ts';

const kib = 1024;

/**
 * Cluster sizes worth a look. Below 16 KiB allocating writes collapse (KVM Forum 2020), and the tables of a disk grow beyond a
 * thousandth of it.
 */
export const candidateClusterBytes: readonly number[] = [16, 32, 64, 128, 256, 512, 1024, 2048].map((n) => n * kib);

/** Entry size for a cache that covers the disk with large clusters; see the rule on it. */
export const coveringEntryBytes = 64 * kib;

/**
 * Caches below full coverage, bytes: powers of two from 1 MiB, QEMU's default until 3.1. Less is looked at only where a limit asks for it.
 */
const cacheLadder: readonly number[] = Array.from({ length: 20 }, (_, step) => 2 ** (20 + step));

/**
 * QEMU's defaults on this disk. A disk of more than 2 PiB is beyond the default clusters: the smallest that can hold it then stand in.
 */
export function baselineProposal(request: AdviceRequest): Proposal {
  const fits = geometryOf(request.diskBytes, {}).l1Bytes <= maximumL1Bytes;
  const [smallest] = fits ? [] : shapes(request);
  return propose(request, { create: smallest ? createOf(smallest) : {}, drive: {} });
}

/** At least one. */
export type Proposals = readonly [Proposal, ...Proposal[]];

/**
 * Every proposal within the memory limit; QEMU's defaults are among them where they fit.
 * @throws UsageError where none fits, with the least that is possible
 */
export function enumerateProposals(request: AdviceRequest, preallocation: 'off' | 'metadata'): Proposals {
  const [first, ...rest] = shapes(request).flatMap((shape) => proposalsOf(request, { ...shape, preallocation }));
  if (!first) refuse(request);
  return [first, ...rest];
}

/** What a recommendation is chosen from. */
export interface Candidates {
  readonly baseline: Proposal;
  readonly plain: Proposals;
  /** The same with metadata in advance; absent where that is not considered. */
  readonly preallocated?: Proposals;
}

/** Metadata in advance is looked at where speed is what counts, there is no backing file and something is written. */
export function considersPreallocation({ priority, hasBacking, traits }: AdviceRequest): boolean {
  return priority === 'speed' && !hasBacking && traits.readRatio < 1;
}

/** The candidates with speeds from arithmetic. @throws UsageError where none fits, with the least that is possible */
export function arithmeticCandidates(request: AdviceRequest): Candidates {
  return {
    baseline: baselineProposal(request),
    plain: enumerateProposals(request, 'off'),
    ...(considersPreallocation(request) ? { preallocated: enumerateProposals(request, 'metadata') } : {}),
  };
}

/** Cluster sizes with and without subclusters that can hold the disk. */
export function shapes(request: AdviceRequest): readonly Pick<ProposalShape, 'clusterBytes' | 'extendedL2'>[] {
  const subclusters = hasSubclusters(request.qemu);
  return candidateClusterBytes
    .flatMap((clusterBytes) =>
      (subclusters ? [false, true] : [false]).map((extendedL2) => ({ clusterBytes, extendedL2 })),
    )
    .filter((shape) => geometryOf(request.diskBytes, createOf(shape)).l1Bytes <= maximumL1Bytes);
}

/** The memory that caches of a disk need at least, with the smallest clusters worth a look: 72 KiB for most disks. */
export function leastMemoryBytes(request: AdviceRequest): number {
  const least = shapes(request).map(
    (shape) => propose(request, { create: createOf(shape), drive: { 'l2-cache-size': 0 } }).memoryBytes,
  );
  return Math.min(...least);
}

function refuse(request: AdviceRequest): never {
  const leastBytes = leastMemoryBytes(request);
  if (!Number.isFinite(leastBytes)) {
    throw new UsageError(`--disk: ${request.diskBytes} bytes are more than a qcow2 image can hold`, {
      hint: 'The largest is 2 EiB with clusters of 2 MiB.',
    });
  }
  throw new UsageError(`--memory: ${request.memoryLimitBytes} bytes are less than the smallest caches for this disk`, {
    hint: `The least is ${exactBytes(leastBytes)}: two entries of the L2 cache and four refcount blocks.`,
  });
}

export interface ProposalShape {
  readonly clusterBytes: number;
  readonly extendedL2: boolean;
  readonly preallocation: 'off' | 'metadata';
}

/** Only what differs from QEMU's defaults. */
export function createOf({
  clusterBytes,
  extendedL2,
  preallocation,
}: Omit<ProposalShape, 'preallocation'> & Partial<ProposalShape>): SettingValues {
  return {
    ...(clusterBytes === defaultClusterBytes ? {} : { cluster_size: clusterBytes }),
    ...(extendedL2 ? { extended_l2: true } : {}),
    ...(preallocation === 'metadata' ? { preallocation } : {}),
  };
}

function proposalsOf(request: AdviceRequest, shape: ProposalShape): readonly Proposal[] {
  const limitBytes = request.memoryLimitBytes ?? Number.POSITIVE_INFINITY;
  const create = createOf(shape);
  return cacheChoices(geometryOf(request.diskBytes, create), limitBytes)
    .map((drive) => propose(request, { create, drive }))
    .filter((proposal) => proposal.memoryBytes <= limitBytes);
}

/** Sizes of the L2 cache to try: QEMU's own, full coverage, powers of two below it and what the limit leaves. */
function cacheChoices(geometry: Geometry, limitBytes: number): readonly SettingValues[] {
  const fullBytes = geometry.l2FullCoverageBytes;
  const entry: SettingValues =
    geometry.clusterBytes > coveringEntryBytes ? { 'l2-cache-entry-size': coveringEntryBytes } : {};
  const partial = cacheLadder.filter((bytes) => bytes < fullBytes && bytes !== defaultL2CacheMaximumBytes);
  const leftBytes = Math.floor((limitBytes - 4 * geometry.clusterBytes) / 4096) * 4096;
  if (leftBytes >= 8192 && leftBytes < fullBytes) partial.push(leftBytes);
  return [
    fullBytes <= defaultL2CacheMaximumBytes ? entry : {},
    ...(fullBytes > defaultL2CacheMaximumBytes ? [{ 'l2-cache-size': fullBytes, ...entry }] : []),
    ...partial.map((bytes) => ({ 'l2-cache-size': bytes })),
  ];
}
