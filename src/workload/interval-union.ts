const compactAt = 1 << 17;

/**
 * The union of byte ranges, exact for any alignment, with 16 bytes of memory for each range that overlaps no other.
 *
 * Starts and ends are sorted each by itself: the union is where more ranges have started than ended. Rounding to units
 * keeps both orders, so one sort serves every cluster size.
 */
export class IntervalUnion {
  #starts = new Float64Array(4096);
  #ends = new Float64Array(4096);
  #count = 0;
  #sorted = true;
  /** Ranges that the last compaction left. */
  #compactCount = 0;

  /** The union of several unions. */
  static of(...parts: readonly IntervalUnion[]): IntervalUnion {
    const union = new IntervalUnion();
    for (const part of parts) part.#forEach(1, (start, end) => union.add(start, end - start));
    return union;
  }

  /** Ranges that there is memory for. */
  get capacity(): number {
    return this.#starts.length;
  }

  add(startBytes: number, lengthBytes: number): void {
    if (this.#count === this.#starts.length) this.#makeRoom();
    this.#starts[this.#count] = startBytes;
    this.#ends[this.#count] = startBytes + lengthBytes;
    this.#count += 1;
    this.#sorted = false;
  }

  /** Units of `unitBytes` (clusters, slices; 1 for bytes) that at least one range touches. */
  unitCount(unitBytes: number): number {
    let sum = 0;
    this.#forEach(unitBytes, (start, end) => {
      sum += end - start;
    });
    return sum;
  }

  /** Calls back for the separate parts of the union in ascending order, in units. Parts that meet are one. */
  #forEach(unitBytes: number, visit: (start: number, end: number) => void): void {
    this.#sort();
    const count = this.#count;
    let openCount = 0;
    let partStart = 0;
    let started = 0;
    for (let ended = 0; ended < count; ended++) {
      const end = Math.ceil((this.#ends[ended] ?? 0) / unitBytes);
      for (; started < count; started++) {
        const start = Math.floor((this.#starts[started] ?? 0) / unitBytes);
        if (start > end) break;
        if (openCount === 0) partStart = start;
        openCount += 1;
      }
      openCount -= 1;
      if (openCount === 0) visit(partStart, end);
    }
  }

  #sort(): void {
    if (this.#sorted) return;
    this.#starts.subarray(0, this.#count).sort();
    this.#ends.subarray(0, this.#count).sort();
    this.#sorted = true;
  }

  /** Merges what overlaps, and doubles the columns where that frees too little. */
  #makeRoom(): void {
    if (this.#count >= compactAt && this.#count >= 2 * this.#compactCount) this.#compact();
    if (this.#count <= this.#starts.length / 2) return;
    const starts = new Float64Array(2 * this.#starts.length);
    const ends = new Float64Array(2 * this.#ends.length);
    starts.set(this.#starts);
    ends.set(this.#ends);
    this.#starts = starts;
    this.#ends = ends;
  }

  #compact(): void {
    const starts = this.#starts.slice();
    const ends = this.#ends.slice();
    let kept = 0;
    this.#forEach(1, (start, end) => {
      starts[kept] = start;
      ends[kept] = end;
      kept += 1;
    });
    this.#starts = starts;
    this.#ends = ends;
    this.#count = kept;
    this.#compactCount = kept;
    this.#sorted = true;
  }
}
