import { Operation, type RequestBlock } from '../../workload/request.ts';
import { ClusterSet } from './cluster-set.ts';
import { DistanceCounts } from './distance-counts.ts';
import {
  LOOKUP_ALLOCATE,
  LOOKUP_OVERWRITE,
  LOOKUP_READ,
  type LookupCounter,
  type LookupProfile,
  type SliceSpec,
} from './lookup-counter.ts';
import { RecencyStack } from './recency-stack.ts';

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
  readonly #counts = new DistanceCounts();
  /** By kind: lookups of the slice that was looked up before. */
  readonly #repeats = new Float64Array(3);
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
    const [read = 0, overwrite = 0, allocate = 0] = this.#repeats;
    return this.#counts.profile({ read, overwrite, allocate }, this.#stack.size);
  }

  #lookUp(slice: number, kind: number): void {
    if (slice === this.#last) {
      this.#repeats[kind] = (this.#repeats[kind] as number) + 1;
      return;
    }
    this.#last = slice;
    this.#counts.add(this.#stack.use(slice), kind);
  }
}
