import { Operation, type RequestBlock } from '../../workload/request.ts';
import { ClusterSet } from './cluster-set.ts';
import {
  LOOKUP_ALLOCATE,
  LOOKUP_OVERWRITE,
  LOOKUP_READ,
  type LookupCounter,
  type LookupCounts,
  type LookupProfile,
  type SliceSpec,
} from './lookup-counter.ts';
import { RecencyStack } from './recency-stack.ts';

/** Counts of one stack distance stand side by side; the fourth place is never used. */
const stride = 4;

/**
 * Every lookup with its stack distance, in one pass: the misses of an LRU cache of any size are then the first lookups of
 * slices and those from farther down the stack than the cache has entries.
 *
 * A read and a write in place look up each slice that they touch once. A write that crosses from one L2 table
 * to the next looks up the second twice if its clusters do not follow those before it in the file; the second lookup hits and is
 * not counted. Trims are not counted: the driver drops them unless `discard=unmap`. A sync looks nothing up.
 *
 * @source QEMU block/qcow2-cluster.c: qcow2_get_host_offset, handle_copied (7.2 and 10.0)
 */
export class ExactLookups implements LookupCounter {
  readonly #spec: SliceSpec;
  readonly #stack: RecencyStack;
  readonly #written: ClusterSet;
  /** Lookups by distance and kind; distance 0 is a first lookup. */
  #counts = new Uint32Array(stride * 256);
  #last = -1;

  constructor(spec: SliceSpec) {
    this.#spec = spec;
    this.#written = new ClusterSet(spec.diskBytes / spec.clusterBytes);
    this.#stack = new RecencyStack(Math.ceil(spec.diskBytes / spec.sliceBytes));
  }

  add(block: RequestBlock): void {
    const { sliceBytes, clusterBytes } = this.#spec;
    const [perSlice, perCluster] = [1 / sliceBytes, 1 / clusterBytes];
    const { operation, offsetBytes, lengthBytes, count } = block;
    for (let index = 0; index < count; index++) {
      const kind = operation[index] as number;
      if (kind > Operation.write) continue;
      const offset = offsetBytes[index] as number;
      const end = offset + (lengthBytes[index] as number) - 1;
      const first = Math.floor(offset * perSlice);
      const last = Math.floor(end * perSlice);
      if (kind === Operation.read) {
        for (let slice = first; slice <= last; slice++) this.#lookUp(slice, LOOKUP_READ);
        continue;
      }
      for (let slice = first; slice <= last; slice++) {
        const firstCluster = Math.floor((slice === first ? offset : slice * sliceBytes) * perCluster);
        const lastCluster = Math.floor((slice === last ? end : (slice + 1) * sliceBytes - 1) * perCluster);
        const isNew = this.#written.add(firstCluster, lastCluster);
        this.#lookUp(slice, isNew ? LOOKUP_ALLOCATE : LOOKUP_OVERWRITE);
      }
    }
  }

  profile(): LookupProfile {
    const sliceCount = this.#stack.size;
    const counts = this.#counts;
    // From here on the entry of a distance holds the lookups of that distance and of all greater ones.
    const atLeast = Float64Array.from(counts.subarray(0, stride * (sliceCount + 2)));
    for (let at = stride * (sliceCount + 1) - 1; at >= stride; at--)
      atLeast[at] = (atLeast[at] as number) + (atLeast[at + stride] ?? 0);
    const kinds = (from: number): LookupCounts => {
      const of = (kind: number): number => (atLeast[kind] ?? 0) + (atLeast[from + kind] ?? 0);
      return { read: of(LOOKUP_READ), overwrite: of(LOOKUP_OVERWRITE), allocate: of(LOOKUP_ALLOCATE) };
    };
    return {
      lookups: kinds(stride),
      sliceCount,
      sampleRate: 1,
      followedSliceCount: sliceCount,
      missesAt(entryCount) {
        const misses = kinds(stride * Math.min(entryCount + 1, sliceCount + 1));
        const total = misses.read + misses.overwrite + misses.allocate;
        return { ...misses, total, low: total, high: total };
      },
    };
  }

  #lookUp(slice: number, kind: number): void {
    let at = stride + kind;
    if (slice !== this.#last) {
      this.#last = slice;
      at = stride * this.#stack.use(slice) + kind;
      if (at >= this.#counts.length) this.#makeRoom(at);
    }
    this.#counts[at] = (this.#counts[at] as number) + 1;
  }

  #makeRoom(at: number): void {
    const counts = new Uint32Array(2 * at);
    counts.set(this.#counts);
    this.#counts = counts;
  }
}
