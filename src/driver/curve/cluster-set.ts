/** Clusters of one page of the set: 4 KiB of bits. */
const pageBits = 15;

/** Which clusters of a disk were written; memory is one bit for each cluster of the neighbourhoods that were. */
export class ClusterSet {
  readonly #pages: (Uint32Array | undefined)[];

  constructor(clusterCount: number) {
    this.#pages = new Array(Math.ceil(clusterCount / 2 ** pageBits)).fill(undefined);
  }

  /**
   * Adds the clusters `first` to `last`, whole numbers from 0.
   * @returns whether at least one of them was new
   */
  add(first: number, last: number): boolean {
    let isNew = false;
    for (let cluster = first; cluster <= last; cluster++) {
      const words = this.#page(Math.floor(cluster / 2 ** pageBits));
      const word = (cluster >>> 5) & ((1 << (pageBits - 5)) - 1);
      const bit = 1 << (cluster & 31);
      const bits = words[word] as number;
      if ((bits & bit) !== 0) continue;
      words[word] = bits | bit;
      isNew = true;
    }
    return isNew;
  }

  #page(page: number): Uint32Array {
    const words = this.#pages[page];
    if (words !== undefined) return words;
    const added = new Uint32Array(2 ** (pageBits - 5));
    this.#pages[page] = added;
    return added;
  }
}
