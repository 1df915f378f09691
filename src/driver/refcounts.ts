/** Clusters per chunk: small enough that a sparse file costs little, large enough that a full one has few. */
const chunkBits = 12;
const chunkSize = 1 << chunkBits;
const chunkMask = chunkSize - 1;
/** The largest refcount that is modelled. QEMU allows 2^64−1; no sound image comes near this. */
export const maximumRefcount = 65_535;

/**
 * Refcount of every cluster of the image file, whatever refcount blocks exist for it. Runs of equal values (nothing
 * allocated, everything allocated once) cost nothing: memory is in proportion to the chunks of 4,096 clusters that are mixed.
 */
export class Refcounts {
  #chunks: (Uint16Array | undefined)[] = [];
  #uniform: number[] = [];
  /** Whether a chunk is a clone's too. */
  #shared: boolean[] = [];

  /** Refcount of a cluster; 0 beyond everything that was ever set. */
  get(cluster: number): number {
    const index = Math.floor(cluster / chunkSize);
    if (index >= this.#uniform.length) return 0;
    const chunk = this.#chunks[index];
    return chunk === undefined ? (this.#uniform[index] as number) : (chunk[cluster & chunkMask] as number);
  }

  set(cluster: number, value: number): void {
    const index = Math.floor(cluster / chunkSize);
    this.#grow(index);
    const chunk = this.#own(index);
    chunk[cluster & chunkMask] = value;
  }

  /** Gives `count` clusters from `start` on one value. */
  fill(start: number, count: number, value: number): void {
    const end = start + count;
    let cluster = start;
    while (cluster < end) {
      const index = Math.floor(cluster / chunkSize);
      const stop = Math.min(end, (index + 1) * chunkSize);
      this.#grow(index);
      if (stop - cluster === chunkSize) {
        this.#chunks[index] = undefined;
        this.#uniform[index] = value;
      } else {
        const chunk = this.#own(index);
        const first = cluster & chunkMask;
        chunk.fill(value, first, first + (stop - cluster));
        // Runs of equal values mostly come in order, so a chunk is complete when its end is reached.
        if (stop === (index + 1) * chunkSize && isUniform(chunk)) {
          this.#chunks[index] = undefined;
          this.#uniform[index] = value;
        }
      }
      cluster = stop;
    }
  }

  /** How many clusters from `start` on, at most `limit`, have refcount 0. */
  freeRun(start: number, limit: number): number {
    return this.#run(start, limit, true);
  }

  /** How many clusters from `start` on, at most `limit`, have a refcount above 0. */
  usedRun(start: number, limit: number): number {
    return this.#run(start, limit, false);
  }

  /** A copy; chunks are copied when either of the two first changes them. */
  clone(): Refcounts {
    const copy = new Refcounts();
    copy.#uniform = [...this.#uniform];
    copy.#chunks = [...this.#chunks];
    this.#shared = this.#chunks.map(() => true);
    copy.#shared = [...this.#shared];
    return copy;
  }

  #run(start: number, limit: number, free: boolean): number {
    let cluster = start;
    const end = start + limit;
    while (cluster < end) {
      const index = Math.floor(cluster / chunkSize);
      const stop = Math.min(end, (index + 1) * chunkSize);
      const chunk = this.#chunks[index];
      if (chunk === undefined) {
        const value = index < this.#uniform.length ? (this.#uniform[index] as number) : 0;
        if ((value === 0) !== free) return cluster - start;
      } else {
        for (; cluster < stop; cluster++) {
          if ((chunk[cluster & chunkMask] === 0) !== free) return cluster - start;
        }
      }
      cluster = stop;
    }
    return limit;
  }

  #grow(index: number): void {
    while (this.#uniform.length <= index) {
      this.#uniform.push(0);
      this.#chunks.push(undefined);
    }
  }

  /** The chunk, to be changed. */
  #own(index: number): Uint16Array {
    const chunk = this.#chunks[index];
    if (chunk === undefined) return this.#materialize(index);
    if (!this.#shared[index]) return chunk;
    const copy = chunk.slice();
    this.#chunks[index] = copy;
    this.#shared[index] = false;
    return copy;
  }

  #materialize(index: number): Uint16Array {
    const chunk = new Uint16Array(chunkSize);
    this.#shared[index] = false;
    const value = this.#uniform[index] as number;
    if (value !== 0) chunk.fill(value);
    this.#chunks[index] = chunk;
    return chunk;
  }
}

function isUniform(chunk: Uint16Array): boolean {
  const value = chunk[0];
  for (let index = 1; index < chunkSize; index++) if (chunk[index] !== value) return false;
  return true;
}
