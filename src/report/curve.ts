import type { LookupProfile } from '../driver/curve/lookup-counter.ts';
import { entriesAtKnee, entriesForHits } from '../driver/curve/telling-sizes.ts';
import type { Geometry } from '../qcow2/geometry.ts';
import { computeCacheSizes, minimumL2EntryCount } from '../settings/cache-sizing.ts';
import { exactBytes } from '../units/bytes.ts';
import { formatRatio } from '../units/rate.ts';
import type { Warning } from '../warnings.ts';

/** Shares of the possible hits for which the cache is told. */
const hitShareRatios = [0.9, 0.95, 0.99, 1] as const;

/** Where the disk's size is from: the user, the workload, or the end of the last request rounded up. */
type DiskSource = 'given' | 'workload' | 'requests';

/** What the curves are of. */
export interface CurveSubject {
  readonly requestsName: string;
  readonly diskBytes: number;
  readonly diskSource: DiskSource;
  readonly readCount: number;
  readonly writeCount: number;
  readonly trimCount: number;
  readonly syncCount: number;
}

/** The lookups of one shape of metadata. */
export interface CurveInput {
  readonly geometry: Geometry;
  readonly entryBytes: number;
  readonly profile: LookupProfile;
}

/** Misses at one size of the L2 cache. */
export interface CurvePoint {
  readonly cacheBytes: number;
  readonly entryCount: number;
  readonly missCount: number;
  readonly missRatio: number;
  readonly missRatioLow: number;
  readonly missRatioHigh: number;
  readonly readMissCount: number;
  readonly readMissRatio: number;
  readonly writeMissCount: number;
  readonly writeMissRatio: number;
  readonly allocatingWriteMissCount: number;
}

export interface CurveNeed {
  readonly hitShareRatio: number;
  readonly entryCount: number;
  readonly cacheBytes: number;
}

export interface LookupCurve {
  readonly source: 'computed';
  readonly clusterBytes: number;
  readonly extendedL2: boolean;
  readonly entryBytes: number;
  readonly entryCoverageBytes: number;
  readonly fullCoverageBytes: number;
  readonly lookupCount: number;
  readonly readLookupCount: number;
  readonly writeLookupCount: number;
  readonly allocatingWriteLookupCount: number;
  readonly sliceCount: number;
  readonly sampling: { readonly rateRatio: number; readonly followedSliceCount: number } | null;
  readonly kneeBytes: number;
  readonly needs: readonly CurveNeed[];
  readonly points: readonly CurvePoint[];
}

export interface CurveReport {
  readonly schema: 'qtune.curve/1';
  readonly disk: { readonly virtualBytes: number; readonly source: DiskSource };
  readonly requests: {
    readonly name: string;
    readonly requestCount: number;
    readonly readCount: number;
    readonly writeCount: number;
    readonly trimCount: number;
    readonly syncCount: number;
  };
  readonly curves: readonly LookupCurve[];
  readonly warnings: readonly Warning[];
}

/** @param cacheBytes the sizes that were asked for; where empty, sizes are chosen */
export function buildCurveReport(
  subject: CurveSubject,
  inputs: readonly CurveInput[],
  cacheBytes: readonly number[],
): CurveReport {
  const { readCount, writeCount, trimCount, syncCount } = subject;
  const common = cacheBytes.length > 0 ? cacheBytes : commonSizes(inputs);
  const curves = inputs.map((input) => buildCurve(input, common, cacheBytes.length === 0));
  return {
    schema: 'qtune.curve/1',
    disk: { virtualBytes: subject.diskBytes, source: subject.diskSource },
    requests: {
      name: subject.requestsName,
      requestCount: readCount + writeCount + trimCount + syncCount,
      readCount,
      writeCount,
      trimCount,
      syncCount,
    },
    curves,
    warnings: [...warningsOf(subject), ...curves.flatMap(wideBand)],
  };
}

/** Powers of two from the smallest cache of any curve to one that holds all slices of every curve. */
function commonSizes(inputs: readonly CurveInput[]): number[] {
  const smallest = Math.min(...inputs.map(({ entryBytes }) => minimumL2EntryCount * entryBytes));
  const largest = Math.max(...inputs.map(({ entryBytes, profile }) => profile.sliceCount * entryBytes));
  const sizes = [smallest];
  for (let size = smallest; size < largest; ) {
    size *= 2;
    sizes.push(size);
  }
  return sizes;
}

function buildCurve(
  { geometry, entryBytes, profile }: CurveInput,
  common: readonly number[],
  chosen: boolean,
): LookupCurve {
  const { clusterBytes, extendedL2, l2FullCoverageBytes, l2EntryBytes } = geometry;
  const { lookups } = profile;
  const writeLookupCount = lookups.overwrite + lookups.allocate;
  const lookupCount = lookups.read + writeLookupCount;
  const pointAt = (cacheBytes: number): CurvePoint => {
    const drive = { 'l2-cache-size': cacheBytes, 'l2-cache-entry-size': entryBytes };
    const entryCount = computeCacheSizes(geometry, drive).l2EntryCount;
    const misses = profile.missesAt(entryCount);
    const writeMissCount = misses.overwrite + misses.allocate;
    return {
      cacheBytes,
      entryCount,
      missCount: misses.total,
      missRatio: ratio(misses.total, lookupCount),
      missRatioLow: ratio(misses.low, lookupCount),
      missRatioHigh: ratio(misses.high, lookupCount),
      readMissCount: misses.read,
      readMissRatio: ratio(misses.read, lookups.read),
      writeMissCount,
      writeMissRatio: ratio(writeMissCount, writeLookupCount),
      allocatingWriteMissCount: misses.allocate,
    };
  };
  const needs = hitShareRatios.map((hitShareRatio) => {
    const entryCount = entriesForHits(profile, hitShareRatio);
    return { hitShareRatio, entryCount, cacheBytes: entryCount * entryBytes };
  });
  const kneeBytes = entriesAtKnee(profile) * entryBytes;
  const telling = chosen ? [kneeBytes, ...needs.map((need) => need.cacheBytes)] : [];
  const sizes = chosen
    ? [...new Set([...common.filter((size) => size >= minimumL2EntryCount * entryBytes), ...telling])]
    : [...new Set(common)];
  return {
    source: 'computed',
    clusterBytes,
    extendedL2,
    entryBytes,
    entryCoverageBytes: (entryBytes / l2EntryBytes) * clusterBytes,
    fullCoverageBytes: l2FullCoverageBytes,
    lookupCount,
    readLookupCount: lookups.read,
    writeLookupCount,
    allocatingWriteLookupCount: lookups.allocate,
    sliceCount: profile.sliceCount,
    sampling:
      profile.sampleRate === 1
        ? null
        : { rateRatio: profile.sampleRate, followedSliceCount: profile.followedSliceCount },
    kneeBytes,
    needs,
    points: sizes.sort((left, right) => left - right).map(pointAt),
  };
}

function ratio(count: number, of: number): number {
  return of === 0 ? 0 : count / of;
}

function warningsOf({ trimCount }: CurveSubject): readonly Warning[] {
  if (trimCount === 0) return [];
  return [
    {
      code: 'trims-not-counted',
      subject: 'requests',
      message: `${trimCount} trims are not counted: QEMU drops them unless discard=unmap is set, and then looks up each slice of theirs once`,
    },
  ];
}

/** Half a band wider than this is worth a word. */
const wideRatio = 0.02;

function wideBand({ clusterBytes, entryBytes, points, sampling }: LookupCurve): readonly Warning[] {
  const widest = Math.max(...points.map((point) => (point.missRatioHigh - point.missRatioLow) / 2));
  if (sampling === null || widest <= wideRatio) return [];
  return [
    {
      code: 'wide-band',
      subject: `${exactBytes(clusterBytes)} clusters, entries of ${exactBytes(entryBytes)}`,
      message: `the miss ratio may be off by up to ±${formatRatio(widest)}: only ${sampling.followedSliceCount} slices were followed`,
      hint: 'Follow more with --sample, or take --sample off.',
    },
  ];
}
