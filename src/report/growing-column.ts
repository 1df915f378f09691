/** Numbers in eight bytes each, of which more may be added. */
export class GrowingColumn {
  private values = new Float64Array(64);
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(value: number): void {
    if (this.count === this.values.length) {
      const larger = new Float64Array(2 * this.count);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.count++] = value;
  }

  set(index: number, value: number): void {
    this.values[index] = value;
  }

  /** NaN beyond the end. */
  at(index: number): number {
    return this.values[index] ?? Number.NaN;
  }

  /** The values at some places. */
  gather(indices: Int32Array): Float64Array {
    const { values } = this;
    const found = new Float64Array(indices.length);
    for (let index = 0; index < indices.length; index++) found[index] = values[indices[index] ?? 0] ?? Number.NaN;
    return found;
  }
}
