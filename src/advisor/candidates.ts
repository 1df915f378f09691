import { UsageError } from '../errors.ts';
import type { Geometry } from '../qcow2/geometry.ts';
import { defaultClusterBytes, maximumL1Bytes } from '../qcow2/limits.ts';
import type { SettingValues } from '../settings/configuration.ts';
import { isAtLeast } from '../settings/qemu-version.ts';
import { geometryOf } from '../settings/resolve.ts';
import type { AdviceRequest } from './advice-request.ts';
import { defaultL2CacheBytes, type Proposal, propose } from './proposal.ts';

const kib = 1024;

/**
 * Cluster sizes worth a look. Below 16 KiB allocating writes collapse (KVM Forum 2020), and the tables of a disk grow beyond a
 * thousandth of it.
 */
export const candidateClusterBytes: readonly number[] = [16, 32, 64, 128, 256, 512, 1024, 2048].map((n) => n * kib);

/** Subclusters came with QEMU 5.2. @source QEMU 5.2, extended_l2 */
const subclustersSince = { major: 5, minor: 2 } as const;

/** Entry size for a cache that covers the disk with large clusters; see the rule on it. */
export const coveringEntryBytes = 64 * kib;

/** Caches between QEMU's minimum and full coverage, bytes: powers of two. */
const cacheLadder: readonly number[] = Array.from({ length: 27 }, (_, step) => 8 * kib * 2 ** step);

/** QEMU's defaults on this disk. */
export function baselineProposal(request: AdviceRequest): Proposal {
  return propose(request, { create: {}, drive: {} });
}

/** At least one. */
export type Proposals = readonly [Proposal, ...Proposal[]];

/**
 * Every proposal within the memory limit; QEMU's defaults are among them where they fit.
 * @throws UsageError where none fits, with the least that is possible
 */
export function enumerateProposals(request: AdviceRequest, preallocation: 'off' | 'metadata'): Proposals {
  const limitBytes = request.memoryLimitBytes ?? Number.POSITIVE_INFINITY;
  const subclusters = request.qemu === undefined || isAtLeast(request.qemu, subclustersSince);
  const all: Proposal[] = [];
  let leastBytes = Number.POSITIVE_INFINITY;
  for (const clusterBytes of candidateClusterBytes) {
    for (const extendedL2 of subclusters ? [false, true] : [false]) {
      const proposals = proposalsOf(request, { clusterBytes, extendedL2, preallocation, limitBytes });
      for (const proposal of proposals) {
        leastBytes = Math.min(leastBytes, proposal.memoryBytes);
        if (proposal.memoryBytes <= limitBytes) all.push(proposal);
      }
    }
  }
  const [first, ...rest] = all;
  if (!first) refuse(request, leastBytes);
  return [first, ...rest];
}

function refuse(request: AdviceRequest, leastBytes: number): never {
  if (!Number.isFinite(leastBytes)) {
    throw new UsageError(`--disk: ${request.diskBytes} bytes are more than a qcow2 image can hold`, {
      hint: 'The largest is 2 EiB with clusters of 2 MiB.',
    });
  }
  throw new UsageError(
    `--memory: ${request.memoryLimitBytes} bytes are less than the smallest caches that QEMU can have`,
    {
      hint: `The least for this disk is ${leastBytes} bytes: two entries of the L2 cache and four refcount blocks.`,
    },
  );
}

interface ProposalShape {
  readonly clusterBytes: number;
  readonly extendedL2: boolean;
  readonly preallocation: 'off' | 'metadata';
  readonly limitBytes: number;
}

function proposalsOf(request: AdviceRequest, shape: ProposalShape): readonly Proposal[] {
  const { clusterBytes, extendedL2, preallocation, limitBytes } = shape;
  const create: SettingValues = {
    ...(clusterBytes === defaultClusterBytes ? {} : { cluster_size: clusterBytes }),
    ...(extendedL2 ? { extended_l2: true } : {}),
    ...(preallocation === 'off' ? {} : { preallocation }),
  };
  const geometry = geometryOf(request.diskBytes, create);
  if (geometry.l1Bytes > maximumL1Bytes) return [];
  return cacheChoices(geometry, limitBytes).map((drive) => propose(request, { create, drive }));
}

/** Sizes of the L2 cache to try: QEMU's own, full coverage, powers of two below it and what the limit leaves. */
function cacheChoices(geometry: Geometry, limitBytes: number): readonly SettingValues[] {
  const fullBytes = geometry.l2FullCoverageBytes;
  const entry: SettingValues =
    geometry.clusterBytes > coveringEntryBytes ? { 'l2-cache-entry-size': coveringEntryBytes } : {};
  const partial = cacheLadder.filter((bytes) => bytes < fullBytes && bytes !== defaultL2CacheBytes);
  const leftBytes = Math.floor((limitBytes - 4 * geometry.clusterBytes) / 4096) * 4096;
  if (leftBytes >= 8192 && leftBytes < fullBytes) partial.push(leftBytes);
  return [
    fullBytes <= defaultL2CacheBytes ? entry : {},
    ...(fullBytes > defaultL2CacheBytes ? [{ 'l2-cache-size': fullBytes, ...entry }] : []),
    ...partial.map((bytes) => ({ 'l2-cache-size': bytes })),
  ];
}
