import { maximumL1Bytes } from '../../qcow2/limits.ts';
import { geometryOf } from '../../settings/resolve.ts';
import { formatBytes } from '../../units/bytes.ts';
import type { AdviceRequest } from '../advice-request.ts';
import type { BlendPart } from '../blend/blend.ts';
import { blendTraits } from '../blend/blend-traits.ts';
import type { Proposal, ProposalSettings } from '../proposal.ts';
import { type WorkloadTraits, workingSetBytes } from '../workload-traits.ts';
import { spreadTraits, spreadWorkload } from './spread-workload.ts';

/** A way in which things may turn out differently. */
export interface Scenario {
  readonly id: 'working-set-2x' | 'disk-2x' | 'disk-4x' | 'spread-2x' | 'memory-half';
  /** What changes, to be read after "if". */
  readonly title: string;
  readonly request: AdviceRequest;
  /** Whether the requests are those of today, on the same disk. */
  readonly hasSameRequests: boolean;
  /** What becomes of settings that were chosen before. */
  settings(proposal: Proposal): ProposalSettings;
}

/** Of other requests the settings stay as they are. */
const other = { hasSameRequests: false, settings: ({ settings }: Proposal): ProposalSettings => settings } as const;

/**
 * What may become of a request, as far as it can be told: a word's working set doubles where it is less than the disk; the disk doubles
 * twice, where an image can hold that; half the memory is left for the caches. Of recorded requests nobody knows where more of them would go: in place
 * of the first three the same requests are spread over twice the disk, see {@link spreadWorkload}.
 * @param pick whose memory is halved @param baseline the defaults, which have to be possible too
 */
export function scenariosOf(request: AdviceRequest, pick: Proposal, baseline: Proposal): readonly Scenario[] {
  const grown = hasRequests(request) ? spread(request) : [...doubledWorkingSet(request), ...grownDisks(request)];
  return [
    ...grown.filter((scenario) => [pick, baseline].every((one) => isPossible(scenario, one))),
    halfMemory(request, pick),
  ];
}

function hasRequests({ workload, blend }: AdviceRequest): boolean {
  return workload !== undefined || blend?.parts.some((part) => part.workload !== undefined) === true;
}

function doubledWorkingSet(request: AdviceRequest): readonly Scenario[] {
  const { diskBytes } = request;
  const bytes = workingSetBytes(request.traits, diskBytes);
  if (bytes >= diskBytes) return [];
  const doubled = (traits: WorkloadTraits): WorkloadTraits => ({
    ...traits,
    workingSet: { bytes: Math.min(diskBytes, 2 * workingSetBytes(traits, diskBytes)) },
  });
  const title = `the working set grows to ${formatBytes(Math.min(diskBytes, 2 * bytes))}`;
  return [{ id: 'working-set-2x', title, request: withParts(request, diskBytes, doubled), ...other }];
}

function grownDisks(request: AdviceRequest): readonly Scenario[] {
  return ([2, 4] as const).map((factor) => {
    const diskBytes = request.diskBytes * factor;
    const title = `the disk grows to ${formatBytes(diskBytes)}`;
    return {
      id: `disk-${factor}x` as const,
      ...{ title, request: withParts(request, diskBytes, (traits) => traits), ...other },
    };
  });
}

function spread(request: AdviceRequest): readonly Scenario[] {
  const diskBytes = request.diskBytes * 2;
  const { workload } = request;
  const parts = withParts(
    request,
    diskBytes,
    (traits) => spreadTraits(traits, 2),
    (part) => (part.workload ? { ...part, workload: spreadWorkload(part.workload, 2) } : part),
  );
  return [
    {
      id: 'spread-2x',
      title: `the same work spreads over ${formatBytes(diskBytes)}`,
      request: { ...parts, ...(workload ? { workload: spreadWorkload(workload, 2) } : {}) },
      ...other,
    },
  ];
}

/** The caches of every configuration have to do with half of what the pick takes; refcount blocks come first, as in QEMU's minimum. */
function halfMemory(request: AdviceRequest, pick: Proposal): Scenario {
  const limitBytes = Math.floor(Math.min(pick.memoryBytes, request.memoryLimitBytes ?? Number.POSITIVE_INFINITY) / 2);
  return {
    id: 'memory-half',
    title: `the caches get ${formatBytes(limitBytes)} at most`,
    request: { ...request, memoryLimitBytes: limitBytes },
    hasSameRequests: true,
    settings({ settings, memoryBytes, cache }) {
      if (memoryBytes <= limitBytes) return settings;
      const leftBytes = Math.max(0, limitBytes - cache.refcountBytes);
      const { 'cache-size': _, ...drive } = settings.drive;
      const entries = Math.max(2, Math.floor(leftBytes / cache.l2EntryBytes));
      return { ...settings, drive: { ...drive, 'l2-cache-size': entries * cache.l2EntryBytes } };
    },
  };
}

function withParts(
  request: AdviceRequest,
  diskBytes: number,
  traits: (before: WorkloadTraits) => WorkloadTraits,
  change: (part: BlendPart) => BlendPart = (part) => part,
): AdviceRequest {
  const { blend } = request;
  if (blend === undefined) return { ...request, diskBytes, traits: traits(request.traits) };
  const parts = blend.parts.map((part) => change({ ...part, traits: traits(part.traits) }));
  return { ...request, diskBytes, blend: { ...blend, parts }, traits: blendTraits(parts, diskBytes) };
}

/** Whether a proposal's clusters can hold the disk. */
function isPossible({ request: { diskBytes } }: Scenario, { settings }: Proposal): boolean {
  return Number.isSafeInteger(diskBytes) && geometryOf(diskBytes, settings.create).l1Bytes <= maximumL1Bytes;
}
