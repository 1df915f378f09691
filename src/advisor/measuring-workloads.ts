import type { PatternProfile, ProfilePhase } from '../workload/profile.ts';
import { resolveWorkload } from '../workload/resolve-workload.ts';
import type { Workload } from '../workload/workload.ts';
import type { AdviceRequest } from './advice-request.ts';
import type { Proposal, ProposalSettings } from './proposal.ts';
import { workingSetBytes } from './workload-traits.ts';

/** The parts of a workload's traits that are measured apart; see {@link measuringWorkloads}. */
export interface MeasuringWorkloads {
  /** A profile or a trace as it is, in place of the two parts below. */
  readonly whole?: Workload;
  /** Reads all over the working set of an image whose clusters are all mapped. */
  readonly read?: Workload;
  /** Writes and flushes into a new image; absent where the workload never writes. */
  readonly write?: Workload;
  /**
   * The same reads of a small disk, for what reading data costs apart from looking it up; absent where no proposal has subclusters. In an
   * image with preallocated metadata they count as unallocated, so a read of them ends before the data.
   */
  readonly data?: Workload;
}

/** The two configurations that {@link MeasuringWorkloads.data} is measured under: with and without the read of data. */
export const dataReadSettings: readonly [plain: ProposalSettings, subclusters: ProposalSettings] = [
  { create: {}, drive: {} },
  { create: { extended_l2: true }, drive: {} },
];

export interface MeasuringOptions {
  /** What is going to be measured; the warm-up has to reach every entry of their caches. */
  readonly proposals: readonly Proposal[];
  /** The most that writes may allocate in one image, bytes. */
  readonly allocationLimitBytes: number;
  readonly lengths: PartLengths;
  readonly seed: number;
}

/** The lengths of trials for a measurement that may take this long: little time makes them shorter, so that there are enough of them. */
export function measuringLengths(timeMs: number): PartLengths {
  const ratio = Math.max(shortestRatio, Math.min(1, timeMs / fullLengthMs));
  const { warmUp, reads, writes } = fullLengths;
  return { warmUp: warmUp * ratio, reads: reads * ratio, writes: writes * ratio };
}

/** How many requests a part has at most. */
export interface PartLengths {
  /** Reads of the warm-up: as many L2 entries can be filled. */
  readonly warmUp: number;
  readonly reads: number;
  readonly writes: number;
}

/** Requests of one trial of a measurement of a minute or more; few, since the time goes into repetitions. */
const fullLengths: PartLengths = { warmUp: 8192, reads: 10_000, writes: 1000 };
/** From this time on trials have their full length, milliseconds; and the shortest they get, as a share. */
const fullLengthMs = 60_000;
const shortestRatio = 0.1;
/** Of {@link MeasuringWorkloads.data}: its tables fit into any cache. */
const smallDiskBytes = 2 ** 30;
/** Bytes that the requests of one trial move at most. */
const transferLimitBytes = 2 ** 28;
/** Where first writes go: small, so that few L2 tables have to be made, which a disk in use has long had. */
const writeAreaBytes = 16 * 2 ** 30;
/** Where repeated writes go. */
const hotAreaBytes = 2 ** 22;

/**
 * The traits as requests for the real driver. Looking up clusters is measured by reads of the whole working set, with data that is a
 * hole, since an image of terabytes cannot be filled; allocation, copying and flushes by writes into a fresh image.
 */
export function measuringWorkloads(request: AdviceRequest, options: MeasuringOptions): MeasuringWorkloads {
  const { traits, workload } = request;
  const subclusters = options.proposals.some(({ geometry }) => geometry.extendedL2);
  const small = { ...request, diskBytes: Math.min(request.diskBytes, smallDiskBytes) };
  const data = subclusters ? { data: readPart(small, options, 'data') } : {};
  if (workload) return { whole: workload, ...(workload.image.content === 'mapped' ? data : {}) };
  return {
    read: readPart(request, options, 'read'),
    ...data,
    ...(traits.readRatio < 1 ? { write: writePart(request, options) } : {}),
  };
}

function readPart(
  { traits, diskBytes }: AdviceRequest,
  { proposals, seed, lengths }: MeasuringOptions,
  part: 'read' | 'data',
): Workload {
  const blockBytes = requestBytes(traits.requestBytes);
  const spanBytes = alignDown(workingSetBytes(traits, diskBytes), blockBytes);
  const entryCoverages = proposals.map(
    ({ cache, geometry }) => (cache.l2EntryBytes / geometry.l2EntryBytes) * geometry.clusterBytes,
  );
  const stepBytes = powerOfTwoAtLeast(
    Math.max(Math.min(...entryCoverages, 2 ** 40), spanBytes / lengths.warmUp, 2 ** 20),
  );
  const phases: ProfilePhase[] = [
    {
      pattern: 'sequential',
      operation: { read: 1 },
      blockSize: [{ value: 4096, weight: 1 }],
      align: stepBytes,
      span: { bytes: spanBytes },
      requests: 'each',
    },
    {
      pattern: 'random',
      operation: { read: 1 },
      blockSize: [{ value: blockBytes, weight: 1 }],
      align: Math.min(4096, blockBytes),
      span: { bytes: spanBytes },
      sequentialRatio: 1 - traits.missScale,
      requests: Math.ceil(
        Math.min(lengths.reads, (lengths.reads / fullLengths.reads) * (transferLimitBytes / blockBytes)),
      ),
    },
  ];
  const warmUp = { phases: 1, because: 'One read in each area that an entry of a cache maps.' };
  const profile = profileOf(`advise-${traits.name}-${part}`, `reads of ${traits.title}`, traits.source, {
    ...{ seed, diskBytes, warmUp, phases },
    image: { content: 'mapped', backing: 'none', state: 'shared' },
  });
  return resolveWorkload(profile, {});
}

function writePart(
  { traits, diskBytes, hasBacking }: AdviceRequest,
  { proposals, allocationLimitBytes, seed, lengths }: MeasuringOptions,
): Workload {
  const blockBytes = requestBytes(traits.requestBytes);
  const largestUnitBytes = Math.max(blockBytes, ...proposals.map(({ geometry }) => geometry.clusterBytes));
  const affordable = allocationLimitBytes / (largestUnitBytes * Math.max(0.01, traits.firstWriteRatio));
  const requests = Math.floor(Math.max(100, Math.min(lengths.writes, affordable, transferLimitBytes / blockBytes)));
  const areaBytes = alignDown(Math.min(diskBytes, writeAreaBytes), 2 ** 20);
  const hotBytes = Math.min(hotAreaBytes, areaBytes / 2);
  const value = [{ value: blockBytes, weight: 1 }];
  const syncs = traits.syncsPerWrite > 0 ? { syncEvery: Math.max(1, Math.round(1 / traits.syncsPerWrite)) } : {};
  const common = { operation: { write: 1 }, blockSize: value, ...syncs };
  const first = { ...common, pattern: 'random', start: { bytes: hotBytes } } as const;
  const again = { ...common, pattern: 'random', span: { bytes: hotBytes } } as const;
  const phases: ProfilePhase[] = [
    {
      pattern: 'sequential',
      operation: { write: 1 },
      blockSize: [{ value: 2 ** 20, weight: 1 }],
      span: { bytes: hotBytes },
      requests: 'each',
    },
    {
      pattern: 'sequential',
      operation: { write: 1 },
      blockSize: [{ value: 4096, weight: 1 }],
      align: 2 ** 27,
      span: { bytes: areaBytes },
      requests: 'each',
    },
    {
      pattern: 'mix',
      streams: [
        { ...first, span: { bytes: areaBytes - hotBytes }, weight: Math.max(1e-6, traits.firstWriteRatio) },
        { ...again, weight: Math.max(1e-6, 1 - traits.firstWriteRatio) },
      ],
      requests,
    },
  ];
  const warmUp = { phases: 2, because: 'The area of repeated writes is written, and every L2 table in use is made.' };
  const profile = profileOf(`advise-${traits.name}-write`, `writes of ${traits.title}`, traits.source, {
    ...{ seed, diskBytes, warmUp, phases },
    image: { content: 'empty', backing: hasBacking ? { format: 'qcow2', content: 'holes' } : 'none', state: 'fresh' },
  });
  return resolveWorkload(profile, {});
}

function profileOf(
  name: string,
  title: string,
  source: string,
  rest: Pick<PatternProfile, 'seed' | 'diskBytes' | 'warmUp' | 'phases' | 'image'>,
): PatternProfile {
  return { kind: 'patterns', name, title, about: title, source, parameters: {}, ...rest };
}

/** Whole blocks of 4 KiB. */
function requestBytes(bytes: number): number {
  return Math.max(4096, alignDown(bytes, 4096));
}

function alignDown(bytes: number, step: number): number {
  return Math.max(step, Math.floor(bytes / step) * step);
}

function powerOfTwoAtLeast(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(bytes));
}
