import fc from 'fast-check';
import type { Preallocation } from '../../../src/qcow2/measure.ts';
import { cacheModes } from '../../../src/settings/cache-mode.ts';
import type { BackingSpec, Command, CommandKind, DifferentialCase, DriveSpec, ImageSpec, Step } from './case.ts';

/** What a case may use beyond reads, writes and flushes of plain version 3 images. */
export const features = [
  'extended',
  'refcounts',
  'version',
  'preallocation',
  'lazy',
  'data-file',
  'backing',
  'chain',
  'prefill',
  'snapshots',
  'compressed',
  'growth',
  'caches',
  'modes',
  'direct',
  'discard',
  'zeroes',
  'overlap',
  'split',
  'odd',
] as const;
export type Feature = (typeof features)[number];

export interface GeneratorOptions {
  readonly features: ReadonlySet<Feature>;
  readonly maximumCommands: number;
  /** Major × 100 + minor. */
  readonly qemuVersion: number;
}

const kibi = 1024;
const sector = 512;

/** Cases for the given features. Every case is valid for QEMU: options that exclude each other are left out. */
export function caseArbitrary(options: GeneratorOptions): fc.Arbitrary<DifferentialCase> {
  // Without bias: the weights below are the distribution.
  return fc.noBias(rawCase(options.maximumCommands)).map((raw) => settle(raw, options));
}

/** One of several values with whole-number weights; shrinks to the first. */
function weighted<T>(...entries: readonly (readonly [T, number])[]): fc.Arbitrary<T> {
  const choices = entries.map(([value, weight]) => ({ arbitrary: fc.constant(value), weight }));
  return fc.oneof({ withCrossShrink: true }, ...choices);
}

/** A request before it is laid on a disk: where in which cluster follows from numbers that are taken modulo what there is. */
const rawRequest = fc.record({
  kind: weighted<CommandKind>(
    ...([
      ['write', 16],
      ['read', 7],
      ['flush', 3],
      ['discard', 3],
      ['zero', 3],
      ['zero-unmap', 2],
    ] as const),
  ),
  region: weighted<'low' | 'edge' | 'any' | 'last'>(['low', 10], ['edge', 3], ['any', 4], ['last', 1]),
  shape: weighted<'small' | 'part' | 'whole' | 'head' | 'tail' | 'span' | 'clusters'>(
    ['small', 4],
    ['part', 5],
    ['whole', 4],
    ['head', 2],
    ['tail', 2],
    ['span', 3],
    ['clusters', 2],
  ),
  cluster: fc.nat(2 ** 30),
  sector: fc.nat(4095),
  sectors: fc.nat(4095),
});
type RawRequest = typeof rawRequest extends fc.Arbitrary<infer T> ? T : never;

const rawStep = fc.record({
  action: weighted<'request' | 'snapshot' | 'compressed'>(['request', 12], ['snapshot', 1], ['compressed', 3]),
  request: rawRequest,
});
type RawStep = typeof rawStep extends fc.Arbitrary<infer T> ? T : never;

const rawBacking = fc.record({
  format: weighted<'raw' | 'qcow2'>(['qcow2', 3], ['raw', 2]),
  length: weighted<'equal' | 'shorter' | 'longer'>(['equal', 2], ['shorter', 2], ['longer', 1]),
  lengthNumber: fc.nat(2 ** 30),
  clusterBits: weighted([16, 3], [9, 2], [12, 2], [14, 2], [18, 1]),
  extended: weighted([false, 3], [true, 1]),
  requests: fc.array(rawRequest, { maxLength: 16 }),
});
type RawBacking = typeof rawBacking extends fc.Arbitrary<infer T> ? T : never;

const clusterBits = weighted(
  [16, 6],
  [9, 8],
  [10, 5],
  [11, 2],
  [12, 5],
  [13, 2],
  [14, 4],
  [15, 3],
  [17, 2],
  [18, 1],
  [19, 1],
  [21, 1],
);
const preallocations = weighted<Preallocation>(['off', 12], ['metadata', 4], ['falloc', 2], ['full', 1]);

const rawImage = fc.record({
  clusterBits,
  extended: weighted([false, 2], [true, 1]),
  refcountBits: weighted([16, 5], [64, 4], [8, 3], [32, 1], [4, 1], [2, 1], [1, 2]),
  version: weighted<2 | 3>([3, 9], [2, 1]),
  preallocation: preallocations,
  lazy: weighted([false, 5], [true, 1]),
  dataFile: weighted<'none' | 'plain' | 'raw'>(['none', 20], ['plain', 2], ['raw', 1]),
  backingDepth: weighted([0, 5], [1, 3], [2, 1]),
  backings: fc.tuple(rawBacking, rawBacking),
  size: weighted<'few' | 'tables' | 'many'>(['few', 4], ['tables', 5], ['many', 1]),
  sizeNumber: fc.nat(2 ** 30),
  oddSectors: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(4095) }),
  growth: weighted([false, 15], [true, 1]),
  growthNumber: fc.nat(2 ** 20),
});
type RawImage = typeof rawImage extends fc.Arbitrary<infer T> ? T : never;

const rawDrive = fc.record({
  mode: weighted(['writeback', 8], ['writethrough', 3], ['unsafe', 1], ['none', 2], ['directsync', 1]),
  discard: weighted([true, 4], [false, 1]),
  l2Entries: fc.oneof(
    { weight: 1, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.integer({ min: 2, max: 16 }) },
  ),
  entryBits: weighted([0, 3], [9, 3], [10, 1], [11, 1], [12, 2], [14, 1], [16, 1]),
  refcountTables: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 4, max: 9 }) },
  ),
  passRequest: weighted<boolean | undefined>([undefined, 4], [false, 1], [true, 1]),
  passSnapshot: weighted<boolean | undefined>([undefined, 4], [false, 1], [true, 1]),
  passOther: weighted<boolean | undefined>([undefined, 4], [false, 1], [true, 1]),
  noUnref: weighted([false, 4], [true, 1]),
  overlap: weighted<string | undefined>([undefined, 4], ['all', 3], ['none', 1], ['constant', 1]),
  lazy: weighted<boolean | undefined>([undefined, 8], [true, 1], [false, 1]),
});
type RawDrive = typeof rawDrive extends fc.Arbitrary<infer T> ? T : never;

interface RawCase {
  readonly image: RawImage;
  readonly prefilled: boolean;
  readonly steps: readonly RawStep[];
  readonly drive: RawDrive;
  readonly requests: readonly RawRequest[];
}

function rawCase(maximumCommands: number): fc.Arbitrary<RawCase> {
  return fc.record({
    image: rawImage,
    prefilled: weighted([false, 1], [true, 2]),
    steps: fc.array(rawStep, { maxLength: 40, size: 'max' }),
    drive: rawDrive,
    requests: fc.array(rawRequest, { minLength: 1, maxLength: maximumCommands, size: 'max' }),
  });
}

function settle(raw: RawCase, options: GeneratorOptions): DifferentialCase {
  const has = (feature: Feature): boolean => options.features.has(feature);
  const image = settleImage(raw.image, has);
  const place = {
    virtualBytes: image.virtualBytes,
    clusterBytes: image.clusterBytes,
    extendedL2: image.extendedL2,
    has,
  };
  return {
    image,
    steps: settleSteps(raw, image, has),
    drive: settleDrive(raw.drive, image, has, options.qemuVersion),
    commands: raw.requests.map((request) => layOn(place, request)),
  };
}

type Has = (feature: Feature) => boolean;

function settleImage(raw: RawImage, has: Has): ImageSpec {
  const growth = raw.growth && has('growth');
  const extendedL2 = has('extended') && raw.extended && !growth;
  const clusterBytes =
    2 ** (growth ? 9 + (raw.growthNumber % 2) : extendedL2 ? Math.max(14, raw.clusterBits) : raw.clusterBits);
  const version = has('version') && !extendedL2 && !growth ? raw.version : 3;
  const dataFile = has('data-file') && version === 3 && !growth ? raw.dataFile : 'none';
  const depth = dataFile === 'raw' || !has('backing') ? 0 : Math.min(raw.backingDepth, has('chain') ? 2 : 1);
  const mayPreallocate = has('preallocation') && !growth && (depth === 0 || extendedL2);
  const preallocation = mayPreallocate ? raw.preallocation : 'off';
  const virtualBytes = growth
    ? 4 * kibi ** 2 * (clusterBytes / sector) ** 2
    : settleSize(raw, clusterBytes, extendedL2, preallocation, dataFile, has);
  return {
    virtualBytes,
    clusterBytes,
    extendedL2,
    version,
    refcountBits: growth ? 64 : version === 3 && has('refcounts') ? raw.refcountBits : 16,
    lazyRefcounts: has('lazy') && version === 3 && raw.lazy,
    preallocation,
    dataFile,
    backing: settleBacking(raw.backings.slice(0, depth), virtualBytes, has),
  };
}

function settleSize(
  raw: RawImage,
  clusterBytes: number,
  extendedL2: boolean,
  preallocation: Preallocation,
  dataFile: string,
  has: Has,
): number {
  const perTable = clusterBytes / (extendedL2 ? 16 : 8);
  let clusters = 1 + (raw.sizeNumber % 40);
  if (raw.size === 'tables') clusters = Math.floor((raw.sizeNumber % (perTable * 400)) / 100) + 1;
  if (raw.size === 'many') clusters = perTable * (4 + (raw.sizeNumber % 200));
  // QEMU's limit of raw files is the host's: 16 TiB on ext4.
  clusters = Math.min(clusters, (8 * kibi ** 4) / clusterBytes);
  if (preallocation === 'metadata' || dataFile === 'raw') clusters = Math.min(clusters, 20_000);
  // Preallocated data is written or at least reserved on the host.
  if (preallocation === 'falloc') clusters = Math.min(clusters, Math.max(2, (16 * kibi ** 2) / clusterBytes));
  if (preallocation === 'full') clusters = Math.min(clusters, Math.max(2, (4 * kibi ** 2) / clusterBytes));
  const odd = has('odd') ? (raw.oddSectors % (clusterBytes / sector)) * sector : 0;
  return clusters * clusterBytes - odd;
}

function settleBacking(raws: readonly RawBacking[], virtualBytes: number, has: Has): BackingSpec | undefined {
  const [raw, ...deeper] = raws;
  if (raw === undefined) return undefined;
  let length = virtualBytes;
  const sectors = virtualBytes / sector;
  if (raw.length === 'shorter') length = (1 + (raw.lengthNumber % sectors)) * sector;
  if (raw.length === 'longer') length = (sectors + 1 + (raw.lengthNumber % 4096)) * sector;
  const extendedL2 = raw.format === 'qcow2' && raw.extended && has('extended');
  // The smallest clusters limit the size of a disk.
  const bits = Math.max(raw.clusterBits, extendedL2 ? 14 : 9, Math.ceil((Math.log2(length) - 18) / 2));
  const place = { virtualBytes: length, clusterBytes: 2 ** bits, extendedL2, has };
  return {
    format: raw.format,
    virtualBytes: length,
    clusterBytes: place.clusterBytes,
    extendedL2,
    commands: raw.requests.map((request) => layOn(place, raw.format === 'raw' ? withoutZeroing(request) : request)),
    backing: raw.format === 'raw' ? undefined : settleBacking(deeper, length, has),
  };
}

/**
 * Zeroing a range of a raw file leaves blocks that are allocated and unwritten; ext4 tells them as data once they were read, as
 * holes before. Punched holes stay holes.
 */
function withoutZeroing(request: RawRequest): RawRequest {
  return request.kind === 'zero' ? { ...request, kind: 'zero-unmap' } : request;
}

function settleSteps(raw: RawCase, image: ImageSpec, has: Has): readonly Step[] {
  const steps: Step[] = [];
  if (image.refcountBits === 64 && has('growth') && raw.image.growth) steps.push(fill(raw.image, image));
  else if (!raw.prefilled || !has('prefill')) return steps;
  const packs = has('compressed') && steps.length === 0 && image.dataFile === 'none' && image.preallocation === 'off';
  // Compressed clusters share a host cluster, and narrow refcounts cannot count both them and snapshots.
  const mayShare = has('snapshots') && image.dataFile === 'none' && (!packs || image.refcountBits >= 8);
  const mostSnapshots = mayShare ? Math.min(4, 2 ** image.refcountBits - 2) : 0;
  if (packs) steps.push(...compressedSteps(raw, image, has));
  let snapshots = 0;
  for (const step of raw.steps) {
    if (step.action === 'snapshot' && snapshots < mostSnapshots) {
      snapshots++;
      steps.push({ kind: 'snapshot' });
    } else if (step.action === 'request') steps.push(layOn({ ...image, has }, step.request));
  }
  return steps;
}

/**
 * Compressed clusters, each where nothing is yet, for QEMU compresses over nothing that is allocated. The image is opened anew
 * after them: QEMU would go on filling the last host cluster even after it was freed and given to something else.
 */
function compressedSteps(raw: RawCase, image: ImageSpec, has: Has): Step[] {
  const { clusterBytes, virtualBytes } = image;
  const clusters = new Set<number>();
  for (const step of raw.steps) {
    if (step.action !== 'compressed' || step.request.kind === 'flush') continue;
    clusters.add(Math.floor(layOn({ ...image, has }, step.request).offset / clusterBytes));
  }
  if (clusters.size === 0) return [];
  const commands = [...clusters].map((cluster): Step => {
    const offset = cluster * clusterBytes;
    return { kind: 'write-compressed', offset, length: Math.min(clusterBytes, virtualBytes - offset) };
  });
  return [...commands, { kind: 'reopen' }];
}

/** Writes so much that the refcount table, one cluster of blocks of 64-bit refcounts, is nearly or just full. */
function fill(raw: RawImage, image: ImageSpec): Command {
  const { clusterBytes } = image;
  const entries = clusterBytes / 8;
  const most = entries * entries * clusterBytes;
  const metadata = Math.ceil(most / entries) * 2;
  const jitter = ((raw.growthNumber >> 1) % 96) * clusterBytes;
  return { kind: 'write', offset: 0, length: most - metadata + 32 * clusterBytes - jitter };
}

function settleDrive(raw: RawDrive, image: ImageSpec, has: Has, qemuVersion: number): DriveSpec {
  const options: Record<string, number | boolean | string> = {};
  const put = (name: string, value: number | boolean | string | undefined): void => {
    if (value !== undefined) options[name] = value;
  };
  if (has('caches')) {
    const entryBytes = raw.entryBits === 0 ? undefined : Math.min(2 ** raw.entryBits, image.clusterBytes);
    put('l2-cache-entry-size', entryBytes);
    if (raw.l2Entries > 0) put('l2-cache-size', raw.l2Entries * (entryBytes ?? Math.min(4096, image.clusterBytes)));
    if (raw.refcountTables > 0) put('refcount-cache-size', raw.refcountTables * image.clusterBytes);
  }
  if (has('discard')) {
    put('pass-discard-request', raw.passRequest);
    put('pass-discard-snapshot', raw.passSnapshot);
    put('pass-discard-other', raw.passOther);
    if (raw.noUnref && qemuVersion >= 801 && image.version === 3) put('discard-no-unref', true);
  }
  if (has('overlap')) put('overlap-check', raw.overlap);
  if (has('lazy') && image.version === 3) put('lazy-refcounts', raw.lazy);
  const direct = raw.mode === 'none' || raw.mode === 'directsync';
  const mode = cacheModes.find((name) => name === raw.mode && has('modes') && (!direct || has('direct')));
  return { mode: mode ?? 'writeback', discard: !has('discard') || raw.discard, options };
}

interface Place {
  readonly virtualBytes: number;
  readonly clusterBytes: number;
  readonly extendedL2: boolean;
  readonly has: Has;
}

/** Lays a raw request on a disk. Without `split`, reads and writes keep to one cluster. */
function layOn(place: Place, raw: RawRequest): Command {
  const { clusterBytes, virtualBytes, has } = place;
  if (raw.kind === 'flush') return { kind: 'flush', offset: 0, length: 0 };
  let kind = raw.kind;
  if (kind === 'discard' && !has('discard')) kind = 'write';
  if ((kind === 'zero' || kind === 'zero-unmap') && !has('zeroes')) kind = 'write';
  const sectors = clusterBytes / sector;
  const start = clusterOf(place, raw) * clusterBytes;
  let first = raw.sector % sectors;
  let count = 1 + (raw.sectors % (sectors - first));
  const many = has('split') || kind === 'discard' || kind === 'zero' || kind === 'zero-unmap';
  if (raw.shape === 'small') {
    const step = Math.min(8, sectors);
    first -= first % step;
    count = step;
  } else if (raw.shape === 'whole') {
    first = 0;
    count = sectors;
  } else if (raw.shape === 'head') {
    count = 1 + (raw.sectors % sectors);
    first = 0;
  } else if (raw.shape === 'tail') count = sectors - first;
  else if (raw.shape === 'span' && many) count = 1 + (raw.sectors % (sectors * 4));
  else if (raw.shape === 'clusters' && many) {
    first = 0;
    count = sectors * (1 + (raw.sectors % 5));
  }
  // The disk may end inside its last cluster.
  const offset = Math.min(start + first * sector, virtualBytes - sector);
  return { kind, offset, length: Math.min(count * sector, virtualBytes - offset) };
}

function clusterOf(place: Place, raw: RawRequest): number {
  const clusters = Math.ceil(place.virtualBytes / place.clusterBytes);
  const perTable = place.clusterBytes / (place.extendedL2 ? 16 : 8);
  if (raw.region === 'low') return raw.cluster % Math.min(clusters, 12);
  if (raw.region === 'last') return clusters - 1 - (raw.cluster % Math.min(clusters, 3));
  const tables = Math.ceil(clusters / perTable);
  if (raw.region === 'any' || tables < 2) return raw.cluster % clusters;
  const boundary = (1 + (raw.cluster % (tables - 1))) * perTable;
  return Math.min(clusters - 1, boundary - 2 + (raw.sector % 4));
}
