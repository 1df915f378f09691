import { UsageError } from '../errors.ts';
import type { Geometry } from '../qcow2/geometry.ts';
import { defaultClusterBytes, maximumL1Bytes } from '../qcow2/limits.ts';
import { defaultL2CacheMaximumBytes } from '../settings/cache-sizing.ts';
import type { SettingValues } from '../settings/configuration.ts';
import { geometryOf } from '../settings/resolve.ts';
import { exactBytes } from '../units/bytes.ts';
import type { AdviceRequest } from './advice-request.ts';
import { fitsMemory } from './choose.ts';
import { hasSubclusters, type Proposal, type ProposalSettings, propose, sameSettings } from './proposal.ts';
import { cacheLadder } from './space/cache-grid.ts';
import { checkHeld, completed, fixedSettings, isCreatable, isOpen } from './space/fixed.ts';

const kib = 1024;

/**
 * Cluster sizes worth a look. Below 16 KiB allocating writes collapse (KVM Forum 2020), and the tables of a disk grow beyond a
 * thousandth of it.
 */
export const candidateClusterBytes: readonly number[] = [16, 32, 64, 128, 256, 512, 1024, 2048].map((n) => n * kib);

/** Entry size for a cache that covers the disk with large clusters; see the rule on it. */
export const coveringEntryBytes = 64 * kib;

/** What of the first writes is decided in advance. */
export interface CreateVariant {
  readonly preallocation?: 'metadata';
  readonly lazyRefcounts?: true;
}

/**
 * QEMU's defaults on this disk, with what is fixed. Where the default clusters do not go with the disk (beyond 2 PiB) or with what is
 * fixed, the smallest that do stand in.
 * @throws UsageError where held settings contradict each other, with QEMU's reason; where the disk is beyond the format
 */
export function baselineProposal(request: AdviceRequest): Proposal {
  checkHeld(request, candidateClusterBytes);
  const fixed = fixedSettings(request);
  const usual = fits(request, fixed.create) ? [fixed.create] : [];
  for (const create of [...usual, ...createChoices(request, {})]) {
    const proposal = proposeOpen(request, create, {}, fixed.drive);
    if (proposal !== undefined) return proposal;
  }
  return propose(request, fixed);
}

/** At least one. */
export type Proposals = readonly [Proposal, ...Proposal[]];

/**
 * Every proposal within the memory limit; QEMU's defaults are among them where they fit.
 * @throws UsageError where none fits, with the least that is possible
 */
export function enumerateProposals(request: AdviceRequest): Proposals {
  const creates = [{}, ...(considersPreallocation(request) ? [{ preallocation: 'metadata' } as const] : [])].flatMap(
    (variant) => createChoices(request, variant),
  );
  const [first, ...rest] = creates.flatMap((create) => proposalsOf(request, create, arithmeticCaches));
  if (!first) refuse(request);
  return [first, ...rest];
}

/** What a recommendation is chosen from. */
export interface Candidates {
  readonly baseline: Proposal;
  readonly proposals: Proposals;
  /** What the image could become by a conversion; absent where there is no image yet. */
  readonly converted?: Proposals;
}

/** The same question without the image that is there. */
export function withoutImage({ image: _, ...request }: AdviceRequest): AdviceRequest {
  return request;
}

/**
 * Metadata in advance is looked at where speed is what counts, there is no backing file, something is written, and it is still open.
 */
export function considersPreallocation(request: AdviceRequest): boolean {
  const { priority, hasBacking, traits } = request;
  return priority === 'speed' && !hasBacking && traits.readRatio < 1 && isOpen(request, 'create', 'preallocation');
}

/** The candidates with speeds from arithmetic. @throws UsageError where none fits, with the least that is possible */
export function arithmeticCandidates(request: AdviceRequest): Candidates {
  return {
    baseline: baselineProposal(request),
    proposals: enumerateProposals(request),
    ...(request.image ? { converted: enumerateProposals(withoutImage(request)) } : {}),
  };
}

/** Create-time settings for every cluster size, with and without subclusters, that can hold the disk; each once, only what differs from QEMU's defaults. */
export function createChoices(request: AdviceRequest, variant: CreateVariant): readonly SettingValues[] {
  if (request.image) return [request.image.create];
  const fixed = fixedSettings(request);
  const subclusters = hasSubclusters(request.qemu) ? [false, true] : [false];
  const found = new Map<string, SettingValues>();
  for (const clusterBytes of candidateClusterBytes) {
    for (const extendedL2 of subclusters) {
      const create = completed('create', createOf(clusterBytes, extendedL2, variant), request, fixed);
      if (fits(request, create) && isCreatable(request, create)) found.set(JSON.stringify(create), create);
    }
  }
  return [...found.values()];
}

function createOf(clusterBytes: number, extendedL2: boolean, variant: CreateVariant): SettingValues {
  return {
    ...(clusterBytes === defaultClusterBytes ? {} : { cluster_size: clusterBytes }),
    ...(extendedL2 ? { extended_l2: true } : {}),
    ...(variant.preallocation === undefined ? {} : { preallocation: variant.preallocation }),
    ...(variant.lazyRefcounts ? { lazy_refcounts: true } : {}),
  };
}

function fits({ diskBytes }: AdviceRequest, create: SettingValues): boolean {
  return geometryOf(diskBytes, create).l1Bytes <= maximumL1Bytes;
}

/** The memory that caches of a disk need at least, with the smallest clusters worth a look: 72 KiB for most disks. */
export function leastMemoryBytes(request: AdviceRequest): number {
  const { drive } = fixedSettings(request);
  const least = createChoices(request, {}).map(
    (create) => proposeOpen(request, create, { 'l2-cache-size': 0 }, drive)?.memoryBytes ?? Number.POSITIVE_INFINITY,
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
  const smallest = 'two entries of the L2 cache and four refcount blocks';
  const among = request.held || request.image || request.target ? ', with what is given' : '';
  throw new UsageError(`--memory: ${request.memoryLimitBytes} bytes are less than the smallest caches for this disk`, {
    hint: `The least is ${exactBytes(leastBytes)}: ${smallest}${among}.`,
  });
}

/** Run-time settings to try on an image, none of them fixed. */
export type CacheChoices = (geometry: Geometry, limitBytes: number) => readonly SettingValues[];

/** The proposals of one image within the memory limit, each once. */
export function proposalsOf(request: AdviceRequest, create: SettingValues, caches: CacheChoices): readonly Proposal[] {
  const { drive: fixed } = fixedSettings(request);
  const limitBytes = request.memoryLimitBytes ?? Number.POSITIVE_INFINITY;
  const found = new Map<string, Proposal>();
  for (const drive of caches(geometryOf(request.diskBytes, create), limitBytes)) {
    const proposal = proposeOpen(request, create, drive, fixed);
    if (proposal !== undefined && fitsMemory(request, proposal)) {
      found.set(JSON.stringify(proposal.settings.drive), proposal);
    }
  }
  return [...found.values()];
}

/** The proposal with what is fixed; undefined where that contradicts what is tried. */
function proposeOpen(
  request: AdviceRequest,
  create: SettingValues,
  tried: SettingValues,
  fixed: SettingValues,
): Proposal | undefined {
  const drive = completed('drive', tried, request, { create: {}, drive: fixed });
  try {
    return propose(request, { create, drive });
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

/** Sizes of the L2 cache to try: QEMU's own, full coverage, powers of two below it and what the limit leaves. */
function arithmeticCaches(geometry: Geometry, limitBytes: number): readonly SettingValues[] {
  const fullBytes = geometry.l2FullCoverageBytes;
  const entry: SettingValues =
    geometry.clusterBytes > coveringEntryBytes ? { 'l2-cache-entry-size': coveringEntryBytes } : {};
  const partial = [...cacheLadder(geometry)];
  const leftBytes = Math.floor((limitBytes - 4 * geometry.clusterBytes) / 4096) * 4096;
  if (leftBytes >= 8192 && leftBytes < fullBytes) partial.push(leftBytes);
  return [
    fullBytes <= defaultL2CacheMaximumBytes ? entry : {},
    ...(fullBytes > defaultL2CacheMaximumBytes ? [{ 'l2-cache-size': fullBytes, ...entry }] : []),
    ...partial.map((bytes) => ({ 'l2-cache-size': bytes })),
  ];
}

/** Whether two proposals differ in run-time settings only. */
export function sameImage(a: ProposalSettings, b: ProposalSettings): boolean {
  return sameSettings({ create: a.create, drive: {} }, { create: b.create, drive: {} });
}
