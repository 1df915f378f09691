import { EvictionTimes } from './eviction-times.ts';
import { columnsPerGroup, DISTANCE_COLUMN, type FollowedSlices, groupCount, TIME_COLUMN } from './followed-slices.ts';
import type { LookupCounts, LookupProfile, MissCounts } from './lookup-counter.ts';
import { type BinPlace, binCount, countBehind, placeOf, sumFromAbove } from './magnitude-bins.ts';
import type { ReuseTimes } from './reuse-times.ts';

/** What a pass has counted. */
export interface SampledCounts {
  /** Reads and writes. */
  readonly lookups: Float64Array;
  /** First lookups of slices: reads and writes. */
  readonly firsts: Float64Array;
  /** Lookups of another slice than the lookup before. */
  readonly movedCount: number;
  readonly times: ReuseTimes;
  readonly followed: FollowedSlices;
}

/** 97.5 % quantile of Student's t with 15 degrees of freedom, one less than there are groups. */
const tQuantile = 2.131;
/** A cache that would hold fewer of the followed slices than this is too small for their distances to say anything. */
const resolvedSliceCount = 4;
/** How far the model alone is usually off: standard deviation, as a share of all lookups, on the traces of the tests. */
const modelErrorRatio = 0.008;

/** Misses at every cache size from a sample: the model of reuse times, corrected by the distances of the followed slices. */
export function estimateProfile({
  lookups: counted,
  firsts,
  movedCount,
  times,
  followed,
}: SampledCounts): LookupProfile {
  const { rate } = followed;
  const [readCount = 0, writeCount = 0] = counted;
  const lookupCount = readCount + writeCount;
  const firstCount = (firsts[0] as number) + (firsts[1] as number);
  const [readTimes, writeTimes] = [times.estimate(0, movedCount), times.estimate(1, movedCount)];
  const eviction = new EvictionTimes(
    readTimes.map((count, bin) => count + (writeTimes[bin] as number)),
    firstCount,
  );
  const longer = [sumFromAbove(readTimes), sumFromAbove(writeTimes)] as const;
  const allocateCount = Math.min(writeCount, Math.round(followed.allocationCount));
  const lookups: LookupCounts = { read: readCount, overwrite: writeCount - allocateCount, allocate: allocateCount };

  const columns = Array.from({ length: groupCount * columnsPerGroup }, (_, column) =>
    sumFromAbove(followed.columns.slice(column * binCount, (column + 1) * binCount)),
  );
  const allocations = sumFromAbove(followed.allocations.slice());

  const behind = (group: number, column: number, place: BinPlace): number =>
    countBehind(columns[group * columnsPerGroup + column] as Float64Array, place);
  /** Followed lookups with at least this many followed slices in between, over the rate. */
  const missesByDistance = (entryCount: number): number => {
    const place = placeOf(entryCount);
    let sum = 0;
    for (let group = 0; group < groupCount; group++)
      sum += behind(group, DISTANCE_COLUMN, place) + behind(group, DISTANCE_COLUMN + 1, place);
    return sum;
  };

  const missesAt = (entryCount: number): MissCounts => {
    const time = eviction.missesFrom(entryCount);
    const distance = placeOf(entryCount);
    const modelled = [countBehind(longer[0], time), countBehind(longer[1], time)] as const;
    /** By how much the distances of each group's reads and writes give more misses than their times. */
    const differences = Array.from({ length: groupCount }, (_, group) =>
      [0, 1].map((kind) => behind(group, DISTANCE_COLUMN + kind, distance) - behind(group, TIME_COLUMN + kind, time)),
    );
    const corrections = [0, 1].map((kind) => differences.reduce((sum, group) => sum + (group[kind] as number), 0));
    const correction = (corrections[0] as number) + (corrections[1] as number);
    // Distances are known to one part in the root of the followed slices that a cache of this size would hold.
    const scaleError = Math.min(0.75, 1 / Math.sqrt(entryCount * rate));
    const variance =
      standardError(differences.map(([one = 0, other = 0]) => one + other)) ** 2 +
      ((missesByDistance(entryCount * (1 - scaleError)) - missesByDistance(entryCount * (1 + scaleError))) / 2) ** 2;
    const usualVariance = (modelErrorRatio * lookupCount) ** 2;
    const resolved = entryCount * rate >= resolvedSliceCount;
    const modelVariance = resolved ? Math.max(usualVariance, correction ** 2 - variance) : usualVariance;
    const weight = resolved ? modelVariance / (modelVariance + variance) : 0;
    const missesOf = (kind: number): number => {
      const first = firsts[kind] as number;
      if (rate === 1) return first + behindAll(kind);
      return Math.round(
        between(
          first,
          first + (modelled[kind] as number) + weight * (corrections[kind] as number),
          counted[kind] as number,
        ),
      );
    };
    const behindAll = (kind: number): number =>
      differences.reduce((sum, _, group) => sum + behind(group, DISTANCE_COLUMN + kind, distance), 0);
    const [read, write] = [missesOf(0), missesOf(1)];
    const allocate = Math.round(
      between(0, followed.firstAllocationCount + countBehind(allocations, distance), Math.min(write, allocateCount)),
    );
    const total = read + write;
    const margin =
      rate === 1
        ? 0
        : tQuantile *
          Math.hypot(
            Math.sqrt((1 - weight) * modelVariance),
            times.standardError(modelled[0] + modelled[1], movedCount),
          );
    return {
      read,
      overwrite: write - allocate,
      allocate,
      total,
      low: Math.round(between(firstCount, total - margin, total)),
      high: Math.round(between(total, total + margin, lookupCount)),
    };
  };
  return { lookups, sliceCount: firstCount, sampleRate: rate, followedSliceCount: followed.size, missesAt };
}

/** Of a sum over independent groups. */
function standardError(groups: readonly number[]): number {
  const mean = groups.reduce((sum, value) => sum + value, 0) / groups.length;
  const squares = groups.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt((squares / (groups.length - 1)) * groups.length);
}

function between(low: number, value: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
