import { followedBelow, sampleHash } from '../../units/sample-hash.ts';
import { Operation, type RequestBlock } from '../../workload/request.ts';
import { FollowedSlices } from './followed-slices.ts';
import type { LookupCounter, LookupProfile, SliceSpec } from './lookup-counter.ts';
import { ReuseTimes } from './reuse-times.ts';
import { SampleEstimate } from './sample-estimate.ts';

/** How a sample is drawn. */
export interface SampleSpec {
  /** Share of the slices to follow at the start, above 0 and at most 1. */
  readonly rate: number;
  /** Slices to follow at most: where more turn up, the rate is halved. */
  readonly maximumSliceCount: number;
}

/** Lookups after which the clock is set back, so that it stays a small integer. */
const clockLimit = 2 ** 30;
const setBackTo = 2 ** 29;

/**
 * Stack distances of a sample of the slices, in memory that does not grow with the number of requests: a slice is followed
 * if its hash is below a threshold, its distance is that among the followed slices over the rate, and where
 * more slices turn up than there is room for, the rate is halved and those above the new threshold are dropped (SHARDS, fixed size).
 *
 * The adjustment is finer than SHARDS_adj, which takes every lookup that the sample has too few or too many of for a hit. A disk has
 * few slices, and some of them get a great part of all lookups: with a Zipf law over 65,536 slices and a rate of 0.01 that errs by 0.06
 * on average and by 0.2 at worst. So first lookups are counted, and one lookup in 64, whatever its slice, is timed until the next of the same slice;
 * misses are worked out from these times as in the AET model, and the sample corrects the model by the difference of distances
 * and model on the followed slices. The same traces then err by less than 0.01.
 *
 * @source Waldspurger et al., "Efficient MRC construction with SHARDS", FAST 2015, sections 3.2 and 3.5; Hu et al., "Fast
 * miss ratio curve modeling for storage cache" (AET), ACM Transactions on Storage 14(2), 2018
 */
export class SampledLookups implements LookupCounter {
  readonly #spec: SliceSpec;
  readonly #followed: FollowedSlices;
  readonly #times: ReuseTimes;
  /** One bit a slice: it was looked up. */
  readonly #touched: Int32Array;
  /** One bit a slice: it was not looked up yet, or is followed, or a lookup of it is being timed. */
  readonly #watched: Int32Array;
  /** Slices that were looked up first by a read, and by a write. */
  readonly #firsts = new Float64Array(2);
  /** Slices are followed whose hash is below. */
  #below: number;
  /** Reads and writes. */
  readonly #lookups = new Float64Array(2);
  /** Lookups so far of another slice than the lookup before: repeats hit whatever the cache, and take no time. */
  #clock = 0;
  #clockTotal = 0;
  #nextTimed = 0;
  #previous = -1;

  constructor(spec: SliceSpec, sample: SampleSpec) {
    this.#spec = spec;
    const sliceCount = Math.ceil(spec.diskBytes / spec.sliceBytes);
    this.#followed = new FollowedSlices(sliceCount, spec, sample);
    this.#below = followedBelow(sample.rate);
    this.#times = new ReuseTimes(sliceCount);
    this.#touched = new Int32Array(Math.ceil(sliceCount / 32));
    this.#watched = new Int32Array(Math.ceil(sliceCount / 32)).fill(-1);
  }

  add(block: RequestBlock): void {
    const { sliceBytes } = this.#spec;
    const perSlice = 1 / sliceBytes;
    const { operation, offsetBytes, lengthBytes, count } = block;
    const watched = this.#watched;
    let writes = 0;
    let lookups = 0;
    let [clock, previous, nextTimed] = [this.#clock, this.#previous, this.#nextTimed];
    for (let index = 0; index < count; index++) {
      const kind = operation[index] as number;
      if (kind > Operation.write) continue;
      const offset = offsetBytes[index] as number;
      const end = offset + (lengthBytes[index] as number) - 1;
      const first = (offset * perSlice) | 0;
      const last = (end * perSlice) | 0;
      lookups += last - first + 1;
      writes += kind * (last - first + 1);
      let slice = first - 1;
      do {
        slice += 1;
        const isWatched = ((watched[slice >>> 5] as number) & (1 << (slice & 31))) !== 0;
        if (slice === previous) {
          if (isWatched && kind === Operation.write && sampleHash(slice) < this.#below)
            this.#followed.repeatWrite(slice, offset, end);
          continue;
        }
        previous = slice;
        clock += 1;
        if (isWatched) this.#visit(slice, clock, kind, offset, end);
        if (clock < nextTimed) continue;
        nextTimed = clock + this.#times.start(slice, clock);
        watched[slice >>> 5] = (watched[slice >>> 5] as number) | (1 << (slice & 31));
        if (clock > clockLimit) {
          nextTimed -= clock - setBackTo;
          clock = this.#setBack(clock);
        }
      } while (slice < last);
    }
    this.#lookups[0] = (this.#lookups[0] as number) + lookups - writes;
    this.#lookups[1] = (this.#lookups[1] as number) + writes;
    this.#clock = clock;
    this.#previous = previous;
    this.#nextTimed = nextTimed;
  }

  profile(): LookupProfile {
    const [readCount = 0, writeCount = 0] = this.#lookups;
    const exact = this.#followed.exactProfile(readCount, writeCount);
    if (exact) return exact;
    return new SampleEstimate({
      lookups: this.#lookups,
      firsts: this.#firsts,
      movedCount: this.#clockTotal + this.#clock,
      times: this.#times,
      followed: this.#followed,
    });
  }

  #visit(slice: number, clock: number, kind: number, offset: number, end: number): void {
    const word = slice >>> 5;
    const bit = 1 << (slice & 31);
    if (((this.#touched[word] as number) & bit) === 0) {
      this.#touched[word] = (this.#touched[word] as number) | bit;
      this.#firsts[kind] = (this.#firsts[kind] as number) + 1;
    } else {
      this.#times.finish(slice, clock, kind);
    }
    const hash = sampleHash(slice);
    if (hash >= this.#below) {
      this.#watched[word] = (this.#watched[word] as number) & ~bit;
      return;
    }
    const sliceCount = (this.#firsts[0] as number) + (this.#firsts[1] as number);
    const wasHalved = this.#followed.use(slice, hash, clock, kind, sliceCount, offset, end);
    if (wasHalved) this.#watchLess();
  }

  /** Leaves the slices alone that are not followed any more. */
  #watchLess(): void {
    const below = followedBelow(this.#followed.rate);
    this.#below = below;
    const sliceCount = Math.ceil(this.#spec.diskBytes / this.#spec.sliceBytes);
    for (let slice = 0; slice < sliceCount; slice++) {
      const word = slice >>> 5;
      const bit = 1 << (slice & 31);
      if (((this.#touched[word] as number) & bit) === 0) continue;
      if (sampleHash(slice) < below || this.#times.isTimed(slice)) continue;
      this.#watched[word] = (this.#watched[word] as number) & ~bit;
    }
  }

  #setBack(clock: number): number {
    const by = clock - setBackTo;
    this.#times.setBack(by);
    this.#followed.setBack(by);
    this.#clockTotal += by;
    return setBackTo;
  }
}
