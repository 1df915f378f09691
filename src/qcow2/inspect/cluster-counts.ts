const chunkClusters = 4096;

/** Counts from here on are told apart no more. */
export const saturatedCount = 255;

/**
 * One small number for each cluster of a file: 0 to 255, where 255 stands for all above. Memory is taken in pieces where there is
 * something to count, up to a budget; what lies in further pieces is forgotten, and {@link isComplete} says so.
 */
export class ClusterCounts {
  readonly #chunks = new Map<number, Uint8Array>();
  readonly #maximumChunkCount: number;
  #complete = true;
  #lastIndex = -1;
  #last: Uint8Array | undefined;

  /** @param budgetBytes most memory to take; one byte a cluster */
  constructor(budgetBytes: number) {
    this.#maximumChunkCount = Math.floor(budgetBytes / chunkClusters);
  }

  /** False where the budget was not enough for all. */
  get isComplete(): boolean {
    return this.#complete;
  }

  get(cluster: number): number {
    return this.#chunk(Math.floor(cluster / chunkClusters))?.[cluster % chunkClusters] ?? 0;
  }

  add(cluster: number, times = 1): void {
    const chunk = this.#writableChunk(Math.floor(cluster / chunkClusters));
    if (chunk === undefined) return;
    const place = cluster % chunkClusters;
    chunk[place] = Math.min(saturatedCount, (chunk[place] as number) + times);
  }

  /** Sets a run of clusters to one value. */
  fill(first: number, count: number, value: number): void {
    let at = first;
    while (at < first + count) {
      const index = Math.floor(at / chunkClusters);
      const end = Math.min(first + count, (index + 1) * chunkClusters);
      const start = index * chunkClusters;
      this.#writableChunk(index)?.fill(Math.min(saturatedCount, value), at - start, end - start);
      at = end;
    }
  }

  /** Pieces in which something is counted, each with its first cluster. */
  *pieces(): Generator<readonly [firstCluster: number, counts: Uint8Array]> {
    for (const [index, chunk] of this.#chunks) yield [index * chunkClusters, chunk];
  }

  #chunk(index: number): Uint8Array | undefined {
    if (index !== this.#lastIndex) {
      this.#lastIndex = index;
      this.#last = this.#chunks.get(index);
    }
    return this.#last;
  }

  #writableChunk(index: number): Uint8Array | undefined {
    const known = this.#chunk(index);
    if (known) return known;
    if (this.#chunks.size >= this.#maximumChunkCount) {
      this.#complete = false;
      return undefined;
    }
    const chunk = new Uint8Array(chunkClusters);
    this.#chunks.set(index, chunk);
    this.#last = chunk;
    return chunk;
  }
}
