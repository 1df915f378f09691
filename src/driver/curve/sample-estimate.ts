import { type BinPlace, binCount, countBehind, placeOf, sumFromAbove } from '../../units/magnitude-bins.ts';
import { EvictionTimes } from './eviction-times.ts';
import { columnsPerGroup, DISTANCE_COLUMN, type FollowedSlices, groupCount, TIME_COLUMN } from './followed-slices.ts';
import type { LookupCounts, LookupProfile, MissCounts } from './lookup-counter.ts';
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
/** The scale of distances is never taken to be off by more than this. */
const worstScaleError = 0.75;

/** By how much the distances of the followed slices give more misses than their times, and how sure that is. */
interface Correction {
  /** For reads and for writes. */
  readonly byKind: readonly [number, number];
  /** Share of it to apply, 0…1. */
  readonly weight: number;
  /** Variance of what is left once it is applied. */
  readonly variance: number;
}

/**
 * Misses at every cache size from a sample. The model of reuse times gives an estimate for all lookups; where distances and times of the
 * followed slices disagree by more than chance explains, the model is off, and the difference is added. How much of it is
 * added follows from the two errors: that of the difference, from how it varies between sixteen independent parts of the
 * sample and from how well distances are known, and that of the model.
 */
export class SampleEstimate implements LookupProfile {
  readonly lookups: LookupCounts;
  readonly sliceCount: number;
  readonly sampleRate: number;
  readonly followedSliceCount: number;
  readonly #counts: SampledCounts;
  readonly #lookupCount: number;
  readonly #eviction: EvictionTimes;
  /** Lookups by time, summed from above: those that reads and that writes ended. */
  readonly #times: readonly [Float64Array, Float64Array];
  /** Columns of the followed slices, summed from above. */
  readonly #columns: readonly Float64Array[];
  readonly #allocations: Float64Array;

  constructor(counts: SampledCounts) {
    const { lookups, firsts, movedCount, times, followed } = counts;
    const [readCount = 0, writeCount = 0] = lookups;
    const allocate = Math.min(writeCount, Math.round(followed.allocationCount));
    this.#counts = counts;
    this.#lookupCount = readCount + writeCount;
    this.lookups = { read: readCount, overwrite: writeCount - allocate, allocate };
    this.sliceCount = (firsts[0] as number) + (firsts[1] as number);
    this.sampleRate = followed.rate;
    this.followedSliceCount = followed.size;
    const [reads, writes] = [times.estimate(0, movedCount), times.estimate(1, movedCount)];
    const all = reads.map((count, bin) => count + (writes[bin] as number));
    this.#eviction = new EvictionTimes(all, this.sliceCount);
    this.#times = [sumFromAbove(reads), sumFromAbove(writes)];
    this.#columns = Array.from({ length: groupCount * columnsPerGroup }, (_, column) =>
      sumFromAbove(followed.columns.slice(column * binCount, (column + 1) * binCount)),
    );
    this.#allocations = sumFromAbove(followed.allocations.slice());
  }

  missesAt(entryCount: number): MissCounts {
    const { lookups, firsts, movedCount, times, followed } = this.#counts;
    const time = this.#eviction.missesFrom(entryCount);
    const modelled = [countBehind(this.#times[0], time), countBehind(this.#times[1], time)] as const;
    const { byKind, weight, variance } = this.#correction(entryCount, time);
    const missesOf = (kind: 0 | 1): number => {
      const first = firsts[kind] as number;
      return Math.round(between(first, first + modelled[kind] + weight * byKind[kind], lookups[kind] as number));
    };
    const [read, write] = [missesOf(0), missesOf(1)];
    const allocating = followed.firstAllocationCount + countBehind(this.#allocations, placeOf(entryCount));
    const allocate = Math.round(Math.min(allocating, write, this.lookups.allocate));
    const total = read + write;
    const timesError = times.standardError(modelled[0] + modelled[1], movedCount);
    const margin = tQuantile * Math.hypot(Math.sqrt(variance), timesError);
    return {
      read,
      overwrite: write - allocate,
      allocate,
      total,
      low: Math.round(between(this.sliceCount, total - margin, total)),
      high: Math.round(between(total, total + margin, this.#lookupCount)),
    };
  }

  #correction(entryCount: number, time: BinPlace): Correction {
    const distance = placeOf(entryCount);
    const difference = (group: number, kind: number): number =>
      this.#behind(group, DISTANCE_COLUMN + kind, distance) - this.#behind(group, TIME_COLUMN + kind, time);
    const groups = Array.from(
      { length: groupCount },
      (_, group) => [difference(group, 0), difference(group, 1)] as const,
    );
    const byKind = [sum(groups.map(([reads]) => reads)), sum(groups.map(([, writes]) => writes))] as const;
    const modelVariance = (modelErrorRatio * this.#lookupCount) ** 2;
    if (entryCount * this.sampleRate < resolvedSliceCount) return { byKind, weight: 0, variance: modelVariance };
    const variance = varianceOfSum(groups.map(([reads, writes]) => reads + writes)) + this.#scaleVariance(entryCount);
    const seenVariance = Math.max(modelVariance, (byKind[0] + byKind[1]) ** 2 - variance);
    const weight = seenVariance / (seenVariance + variance);
    return { byKind, weight, variance: (1 - weight) * seenVariance };
  }

  /**
   * Variance of the misses by distance that comes from the scale of distances. It is known to one part in the root of the
   * followed slices that a cache of this size would hold, and better where it would hold most of all slices.
   */
  #scaleVariance(entryCount: number): number {
    const heldRatio = Math.min(1, entryCount / this.sliceCount);
    const error = Math.min(worstScaleError, Math.sqrt((1 - heldRatio) / (entryCount * this.sampleRate)));
    const misses = (count: number): number => {
      const place = placeOf(count);
      const groups = Array.from(
        { length: groupCount },
        (_, group) => this.#behind(group, DISTANCE_COLUMN, place) + this.#behind(group, DISTANCE_COLUMN + 1, place),
      );
      return sum(groups);
    };
    return ((misses(entryCount * (1 - error)) - misses(entryCount * (1 + error))) / 2) ** 2;
  }

  #behind(group: number, column: number, place: BinPlace): number {
    return countBehind(this.#columns[group * columnsPerGroup + column] as Float64Array, place);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Of a sum over independent parts, from how they vary. */
function varianceOfSum(parts: readonly number[]): number {
  const mean = sum(parts) / parts.length;
  return (sum(parts.map((value) => (value - mean) ** 2)) / (parts.length - 1)) * parts.length;
}

function between(low: number, value: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
