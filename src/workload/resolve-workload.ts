import { UsageError } from '../errors.ts';
import { formatBytes } from '../units/bytes.ts';
import type { Warning } from '../warnings.ts';
import { resolveFioJobs } from './fio-job/resolve-fio-job.ts';
import { resolveLoad } from './load-schema.ts';
import { resolveShape } from './patterns/resolve-shape.ts';
import { type PhaseSpec, phaseRequests } from './phase.ts';
import { largestBlockCount, postmarkAreas } from './postmark/disk.ts';
import { blockBytes } from './postmark/layout.ts';
import type { Profile, ProfilePhase, ProfileStream, RecordedProfile } from './profile.ts';
import type { ProgramSpec } from './programs/program.ts';
import { neededBytes, postmarkProgramSpec, programSpec } from './programs/resolve-program.ts';
import { longestRequestBytes, Operation } from './request.ts';
import { splitLongRequests } from './split-requests.ts';
import { recordCount, type StreamSpec } from './stream.ts';
import { surveyWarnings } from './trace/survey.ts';
import type { Workload } from './workload.ts';

/** Changes whenever the same phases and seed give other requests than before, so that results are not mixed up. */
const generatorVersion = 1;

export interface ResolveOptions {
  /** In place of the profile's disk. */
  readonly diskBytes?: number;
  /** In place of the profile's seed, and of PostMark's own. */
  readonly seed?: number;
  /**
   * Whether requests that are longer than a disk of QEMU takes stay whole, as for looking at a recording; else they come
   * in pieces, as a guest's do.
   */
  readonly asRecorded?: boolean;
}

/**
 * Fits a profile to a disk: sizes for shares, counts for `each`, and the requests as a stream.
 *
 * @throws UsageError where the disk is too small for the pattern
 */
export function resolveWorkload(profile: Profile, options: ResolveOptions = {}): Workload {
  const workload = resolveRequests(profile, options);
  if (profile.load === undefined) return workload;
  const load = resolveLoad(profile.load);
  // Only where there is a load, so that the ids of trials without one stay what they were.
  return { ...workload, load, identity: { of: workload.identity, load } };
}

function resolveRequests(profile: Profile, options: ResolveOptions): Workload {
  const diskBytes = options.diskBytes ?? profile.diskBytes;
  const seed = options.seed ?? profile.seed;
  const common = {
    name: profile.name,
    title: profile.title,
    source: profile.source,
    image: profile.image,
    diskBytes,
    seed,
  };
  if (profile.kind === 'fio-job') {
    const { warnings } = profile;
    const resolved = resolveFioJobs(profile, diskBytes, { diskBytes: options.diskBytes, seed: options.seed });
    return { ...common, ...resolved, ...(warnings === undefined ? {} : { warnings }) };
  }
  if (profile.kind === 'recorded') {
    const recorded = resolveRecorded(profile, diskBytes, options.asRecorded === true);
    const warnings = [...surveyWarnings(profile.survey, profile.name), ...splitWarnings(profile, recorded)];
    return { ...common, ...recorded, ...(warnings.length === 0 ? {} : { warnings }) };
  }
  const phases = profile.phases.map((phase, index) => {
    const where = `${profile.name}: phase ${index + 1} (${phase.pattern})`;
    return resolvePhase(withSeed(phase, options.seed), { diskBytes, seed, where });
  });
  const counts = phases.map((phase, index) => countRequests(phase, seed, index));
  const requestCount = counts.reduce((sum, count) => sum + count, 0);
  const notMeasured = warmUpCount(profile, counts, requestCount);
  const beforeLast = requestCount - (counts.at(-1) ?? 0);
  return {
    ...common,
    requestCount,
    warmUpCount: notMeasured,
    isUniform: notMeasured >= beforeLast && phases.at(-1)?.kind === 'streams',
    identity: { generatorVersion, seed, phases },
    *requests() {
      for (const [index, phase] of phases.entries()) yield* phaseRequests(phase, seed, index);
    },
  };
}

function warmUpCount({ name, warmUp }: Profile, counts: readonly number[], requestCount: number): number {
  const count = warmUp.requests ?? counts.slice(0, warmUp.phases).reduce((sum, phase) => sum + phase, 0);
  if (count < requestCount) return count;
  throw new UsageError(`${name}: all of its ${requestCount} requests are warm-up; nothing would be measured`);
}

function resolveRecorded(
  profile: RecordedProfile,
  diskBytes: number,
  asRecorded: boolean,
): Pick<Workload, 'requestCount' | 'warmUpCount' | 'identity' | 'isTimed' | 'requests'> {
  const { requests } = profile;
  if (requests.endBytes > diskBytes) {
    throw new UsageError(
      `${profile.name}: its requests reach to ${formatBytes(requests.endBytes)} (${requests.endBytes} bytes), past the end of a disk of ${formatBytes(diskBytes)}`,
      { hint: 'Give a larger --disk.' },
    );
  }
  const splits = requests.additionalPieceCount > 0 && !asRecorded;
  return {
    requestCount: requests.count + (splits ? requests.additionalPieceCount : 0),
    warmUpCount: warmUpCount(profile, [requests.count], requests.count),
    identity: { recorded: requests.hash },
    ...(requests.isTimed ? { isTimed: true } : {}),
    requests: () => (splits ? splitLongRequests(requests.blocks()) : requests.blocks()),
  };
}

function splitWarnings(profile: RecordedProfile, { requestCount }: Pick<Workload, 'requestCount'>): readonly Warning[] {
  const more = requestCount - profile.requests.count;
  if (more === 0) return [];
  const message = `trims that are longer than a disk of QEMU takes (${longestRequestBytes} bytes) come in pieces: ${more} requests more than recorded`;
  return [{ code: 'long-requests', subject: profile.name, message }];
}

function countRequests(phase: PhaseSpec, seed: number, index: number): number {
  if (phase.kind === 'streams' && phase.streams.every(({ value }) => value.syncEveryWriteCount === 0))
    return phase.dataRequestCount;
  let count = 0;
  for (const block of phaseRequests(phase, seed, index)) count += block.count;
  return count;
}

function withSeed(phase: ProfilePhase, seed: number | undefined): ProfilePhase {
  return phase.pattern === 'postmark' && seed !== undefined ? { ...phase, seed } : phase;
}

/** What a phase is fitted to, and its name for messages. */
interface PhaseContext {
  readonly diskBytes: number;
  readonly seed: number;
  readonly where: string;
}

function resolvePhase(phase: ProfilePhase, { diskBytes, seed, where }: PhaseContext): PhaseSpec {
  if (phase.pattern === 'postmark') return resolvePostmark(phase, diskBytes, where);
  if (phase.pattern === 'iozone' || phase.pattern === 'filebench' || phase.pattern === 'tpcb') {
    const spec = programSpec(phase, resolveArea(phase, diskBytes, blockBytes, where), seed);
    return { kind: 'program', program: fitting(spec, diskBytes, where) };
  }
  if (phase.pattern === 'mix') {
    const streams = phase.streams.map((stream) => ({
      value: resolveStream(stream, diskBytes, where),
      weight: stream.weight,
    }));
    return { kind: 'streams', streams, dataRequestCount: phase.requests };
  }
  const value = resolveStream({ ...phase, weight: 1 }, diskBytes, where);
  const dataRequestCount = phase.requests === 'each' ? recordCount(value) : phase.requests;
  return { kind: 'streams', streams: [{ value, weight: 1 }], dataRequestCount };
}

type StreamKeys = Omit<ProfileStream, 'weight' | 'pattern'>;

function resolveStream(stream: ProfileStream, diskBytes: number, where: string): StreamSpec {
  const sizes = stream.blockSize;
  const alignBytes = stream.align ?? Math.min(...sizes.map((size) => size.value));
  const plain: StreamSpec = {
    pattern: stream.pattern,
    ...resolveArea(stream, diskBytes, alignBytes, where),
    alignBytes,
    sizes,
    operations: (['read', 'write', 'trim'] as const).flatMap((name) => {
      const weight = stream.operation[name];
      return weight === undefined ? [] : [{ value: Operation[name], weight }];
    }),
    sequentialRatio: stream.sequentialRatio ?? 0,
    syncEveryWriteCount: stream.syncEvery ?? 0,
    strideRecordCount: stream.pattern === 'strided' ? stream.stride : 0,
    theta: stream.pattern === 'zipf' ? stream.theta : 0,
    hotRunBytes: stream.pattern === 'zipf' ? (stream.hotRun ?? alignBytes) : 0,
    ...(stream.order === undefined ? {} : { order: stream.order }),
  };
  if (recordCount(plain) < 1) {
    const largestBytes = Math.max(...sizes.map((size) => size.value));
    throw tooSmall(where, `requests of ${formatBytes(largestBytes)}`, plain.spanBytes, diskBytes);
  }
  return { ...plain, ...resolveShape(stream, plain, where) };
}

/** An area in bytes; a start given as a share is rounded down to the alignment. */
function resolveArea(
  area: Pick<StreamKeys, 'start' | 'span'>,
  diskBytes: number,
  alignBytes: number,
  where: string,
): { readonly startBytes: number; readonly spanBytes: number } {
  const bytesOf = (place: { bytes: number } | { ratio: number }): number =>
    'bytes' in place ? place.bytes : Math.floor((place.ratio * diskBytes) / alignBytes) * alignBytes;
  const startBytes = area.start === undefined ? 0 : bytesOf(area.start);
  const spanBytes = area.span === undefined ? Math.max(0, diskBytes - startBytes) : bytesOf(area.span);
  if (startBytes + spanBytes > diskBytes) {
    throw new UsageError(
      `${where} needs a disk of at least ${formatBytes(startBytes + spanBytes)}; this one has ${formatBytes(diskBytes)}`,
      { hint: 'Give a larger --disk, or change `start` and `span`.' },
    );
  }
  return { startBytes, spanBytes };
}

function resolvePostmark(
  phase: Extract<ProfilePhase, { pattern: 'postmark' }>,
  diskBytes: number,
  where: string,
): PhaseSpec {
  const { pattern: _, start, span, size, fileSystem, memory, dirtyRatio, newFileSystem, ...parameters } = phase;
  const area = resolveArea({ start, span }, diskBytes, blockBytes, where);
  const sizes = { sizeLow: size[0], sizeHigh: size[1] };
  if (fileSystem === 'ext4') {
    const { trim: _trim, commitEvery: _commitEvery, ...calls } = parameters;
    const spec = postmarkProgramSpec({ ...calls, ...sizes }, { memory, dirtyRatio, newFileSystem }, area);
    return { kind: 'program', program: fitting(spec, diskBytes, where) };
  }
  const spec = { ...parameters, ...area, ...sizes };
  const neededBlockCount = largestBlockCount(spec);
  if (postmarkAreas(spec).dataBlockCount < neededBlockCount) {
    throw tooSmall(
      where,
      `${2 * spec.number} files of up to ${formatBytes(spec.sizeHigh)} and their metadata`,
      spec.spanBytes,
      diskBytes,
    );
  }
  return { kind: 'postmark', postmark: spec };
}

/** @throws UsageError where the files would not fit */
function fitting(spec: ProgramSpec, diskBytes: number, where: string): ProgramSpec {
  const { spanBytes } = spec.fileSystem;
  const needed = neededBytes(spec);
  if (spanBytes < needed) throw tooSmall(where, `files of ${formatBytes(needed)}`, spanBytes, diskBytes);
  return spec;
}

function tooSmall(where: string, what: string, spanBytes: number, diskBytes: number): UsageError {
  return new UsageError(
    `${where}: ${what} do not fit into its area of ${formatBytes(spanBytes)} on a disk of ${formatBytes(diskBytes)}`,
    { hint: 'Give a larger --disk.' },
  );
}
