/** Of records left out: they have no place in the result. */
const leftOut = 0xffff_ffff;

/**
 * Where the records of many journals are, and in which order they go into the result: 18 bytes a record, whatever is in it.
 * Records of one rank keep the order in which they were added.
 */
export class RecordIndex {
  #count = 0;
  #ranks = new Uint32Array(1024);
  #files = new Uint16Array(1024);
  #offsets = new Float64Array(1024);
  #lengths = new Uint32Array(1024);

  get count(): number {
    return this.#count;
  }

  /** @returns the record's number, for {@link leaveOut} */
  add(rank: number, file: number, offsetBytes: number, lengthBytes: number): number {
    if (this.#count === this.#ranks.length) this.#grow();
    const record = this.#count++;
    this.#ranks[record] = rank;
    this.#files[record] = file;
    this.#offsets[record] = offsetBytes;
    this.#lengths[record] = lengthBytes;
    return record;
  }

  leaveOut(record: number): void {
    this.#ranks[record] = leftOut;
  }

  /** The records in the order of their ranks, all of them below `rankCount`: a counting sort, since ranks are dense. */
  *inOrder(
    rankCount: number,
  ): Generator<{ readonly file: number; readonly offsetBytes: number; readonly lengthBytes: number }> {
    const starts = new Uint32Array(rankCount + 1);
    for (let record = 0; record < this.#count; record++) {
      const rank = this.#ranks[record] ?? leftOut;
      if (rank !== leftOut) starts[rank + 1] = (starts[rank + 1] ?? 0) + 1;
    }
    for (let rank = 0; rank < rankCount; rank++) starts[rank + 1] = (starts[rank + 1] ?? 0) + (starts[rank] ?? 0);
    const order = new Uint32Array(starts[rankCount] ?? 0);
    for (let record = 0; record < this.#count; record++) {
      const rank = this.#ranks[record] ?? leftOut;
      if (rank === leftOut) continue;
      const place = starts[rank] ?? 0;
      order[place] = record;
      starts[rank] = place + 1;
    }
    for (const record of order) {
      yield {
        file: this.#files[record] ?? 0,
        offsetBytes: this.#offsets[record] ?? 0,
        lengthBytes: this.#lengths[record] ?? 0,
      };
    }
  }

  #grow(): void {
    const length = 2 * this.#ranks.length;
    const grown = <Values extends Uint16Array | Uint32Array | Float64Array>(to: Values, from: Values): Values => {
      to.set(from);
      return to;
    };
    this.#ranks = grown(new Uint32Array(length), this.#ranks);
    this.#files = grown(new Uint16Array(length), this.#files);
    this.#offsets = grown(new Float64Array(length), this.#offsets);
    this.#lengths = grown(new Uint32Array(length), this.#lengths);
  }
}
