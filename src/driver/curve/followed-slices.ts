import { binCount, binOf } from '../../units/magnitude-bins.ts';
import { followedBelow, sampleHash } from '../../units/sample-hash.ts';
import { Operation } from '../../workload/request.ts';
import { ClusterSet } from './cluster-set.ts';
import { DistanceCounts } from './distance-counts.ts';
import { LOOKUP_ALLOCATE, type LookupProfile, type SliceSpec } from './lookup-counter.ts';
import { setBack } from './moments.ts';
import { RecencyStack } from './recency-stack.ts';
import type { SampleSpec } from './sampled-lookups.ts';

/** Independent parts of the sample, whose differences tell how far the whole may be off. */
export const groupCount = 16;
/** Columns of each group: reads and writes by time, reads and writes by distance. */
export const columnsPerGroup = 4;
export const TIME_COLUMN = 0;
export const DISTANCE_COLUMN = 2;

/** The slices of a sample: the stack that they make, and their lookups by distance and by time, weighted by the inverse of the rate. */
export class FollowedSlices {
  readonly #spec: SliceSpec;
  readonly #maximumSliceCount: number;
  readonly #stack: RecencyStack;
  readonly #written: ClusterSet;
  /** When each slice was looked up last, from 1. */
  readonly #lastUse: Int32Array;
  /** Columns of bins: those of group 0, then those of group 1, …; see {@link columnsPerGroup}. */
  readonly columns = new Float64Array(groupCount * columnsPerGroup * binCount);
  /** Allocating writes by distance. */
  readonly allocations = new Float64Array(binCount);
  /** Allocating writes that were the first lookup of their slice, and all of them. */
  firstAllocationCount = 0;
  allocationCount = 0;
  /** Every followed lookup, as long as all slices are followed. */
  #all: DistanceCounts | undefined;
  /** Those that were added to it: reads, writes in place, allocating writes. */
  readonly #allCounts = new Float64Array(3);
  rate: number;

  constructor(sliceCount: number, spec: SliceSpec, sample: SampleSpec) {
    this.#stack = new RecencyStack(sliceCount);
    this.#spec = spec;
    this.#written = new ClusterSet(spec.diskBytes / spec.clusterBytes);
    this.#maximumSliceCount = sample.maximumSliceCount;
    this.rate = sample.rate;
    this.#all = sample.rate === 1 ? new DistanceCounts() : undefined;
    this.#lastUse = new Int32Array(sliceCount);
  }

  get size(): number {
    return this.#stack.size;
  }

  /**
   * @param hash the slice's
   * @param clock lookups so far
   * @param kind read or write
   * @param sliceCount slices that were looked up so far, followed or not
   * @param offset start of the request in bytes @param end its last byte
   * @returns whether there were too many slices, so that the rate was halved
   */
  use(
    slice: number,
    hash: number,
    clock: number,
    kind: number,
    sliceCount: number,
    offset: number,
    end: number,
  ): boolean {
    const weight = 1 / this.rate;
    const place = this.#stack.use(slice);
    const time = clock - (this.#lastUse[slice] as number);
    this.#lastUse[slice] = clock;
    const allocates = kind === Operation.write && this.#allocates(slice, offset, end);
    if (allocates) this.allocationCount += weight;
    if (this.#all) this.#addToAll(place, allocates ? LOOKUP_ALLOCATE : kind);
    if (place === 0) {
      if (allocates) this.firstAllocationCount += weight;
      if (this.#stack.size <= this.#maximumSliceCount) return false;
      this.#halve();
      return true;
    }
    // The share of the slices that is followed is known; it differs a little from the rate.
    const between = Math.round((place - 1) * (sliceCount / this.#stack.size));
    this.#addAt(hash, TIME_COLUMN + kind, time, weight);
    this.#addAt(hash, DISTANCE_COLUMN + kind, between, weight);
    if (allocates) {
      const bin = binOf(between);
      this.allocations[bin] = (this.allocations[bin] as number) + weight;
    }
    return false;
  }

  /** A write to the slice that was looked up just before. */
  repeatWrite(slice: number, offset: number, end: number): void {
    if (!this.#allocates(slice, offset, end)) return;
    if (this.#all) this.#addToAll(1, LOOKUP_ALLOCATE);
    this.allocationCount += 1 / this.rate;
    this.allocations[0] = (this.allocations[0] as number) + 1 / this.rate;
  }

  /**
   * The profile of all lookups, if every slice was followed from first to last.
   * Lookups that were not seen here repeat the slice before, and none of them allocates.
   *
   * @param readCount all lookups of reads @param writeCount all lookups of writes
   */
  exactProfile(readCount: number, writeCount: number): LookupProfile | undefined {
    const [read = 0, overwrite = 0, allocate = 0] = this.#allCounts;
    const repeats = { read: readCount - read, overwrite: writeCount - overwrite - allocate, allocate: 0 };
    return this.#all?.profile(repeats, this.size);
  }

  #addToAll(place: number, kind: number): void {
    this.#all?.add(place, kind);
    this.#allCounts[kind] = (this.#allCounts[kind] as number) + 1;
  }

  setBack(by: number): void {
    setBack(this.#lastUse, by);
  }

  #addAt(hash: number, column: number, value: number, weight: number): void {
    const at = ((hash & (groupCount - 1)) * columnsPerGroup + column) * binCount + binOf(value);
    this.columns[at] = (this.columns[at] as number) + weight;
  }

  #allocates(slice: number, offset: number, end: number): boolean {
    const { sliceBytes, clusterBytes } = this.#spec;
    const first = Math.max(offset, slice * sliceBytes);
    const last = Math.min(end, (slice + 1) * sliceBytes - 1);
    return this.#written.add(Math.floor(first / clusterBytes), Math.floor(last / clusterBytes));
  }

  #halve(): void {
    this.#all = undefined;
    this.rate /= 2;
    const below = followedBelow(this.rate);
    this.#stack.keepOnly((slice) => sampleHash(slice) < below);
  }
}
