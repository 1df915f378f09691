/** The groups by what their next step saves per byte; the largest first, equal ones in the order in which they came. */
export class StepHeap {
  readonly #groups: number[] = [];
  readonly #values: number[] = [];
  readonly #turns: number[] = [];
  #pushed = 0;

  get isEmpty(): boolean {
    return this.#groups.length === 0;
  }

  push(group: number, value: number): void {
    this.#groups.push(group);
    // Differences of what is saved are only good to some digits: equal disks take turns.
    this.#values.push(Math.fround(value));
    this.#turns.push(this.#pushed++);
    let at = this.#groups.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** The group with the largest value; there must be one. */
  pop(): number {
    const top = this.#groups[0] as number;
    const last = this.#groups.length - 1;
    this.#swap(0, last);
    this.#groups.pop();
    this.#values.pop();
    this.#turns.pop();
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let first = at;
      if (left < last && this.#isBefore(left, first)) first = left;
      if (right < last && this.#isBefore(right, first)) first = right;
      if (first === at) return top;
      this.#swap(at, first);
      at = first;
    }
  }

  #isBefore(left: number, right: number): boolean {
    const [a, b] = [this.#values[left] as number, this.#values[right] as number];
    return a > b || (a === b && (this.#turns[left] as number) < (this.#turns[right] as number));
  }

  #swap(left: number, right: number): void {
    const [group, value] = [this.#groups[left] as number, this.#values[left] as number];
    this.#groups[left] = this.#groups[right] as number;
    this.#values[left] = this.#values[right] as number;
    this.#groups[right] = group;
    this.#values[right] = value;
    const turn = this.#turns[left] as number;
    this.#turns[left] = this.#turns[right] as number;
    this.#turns[right] = turn;
  }
}
