import { Operation, type RequestBlock } from '../request.ts';

/** What Linux reads ahead by default, and so a distance at which requests still belong together. */
export const nearBytes = 128 * 1024;

/** How requests lie to the one before, as shares of all of them; the first request is none of the three. */
export interface OrderRatios {
  /** They start where the one before ended. */
  readonly sequentialRatio: number;
  /** They end where the one before started. */
  readonly backwardRatio: number;
  /** They start at most 128 KiB away from where the one before ended, and are neither of the others. */
  readonly nearRatio: number;
}

/** The order of all data requests, and of reads and writes each by itself, as if the others were not there. */
export class RequestOrder {
  readonly #all = new Follower();
  readonly #reads = new Follower();
  readonly #writes = new Follower();

  add({ count, operation, offsetBytes, lengthBytes }: RequestBlock): void {
    for (let index = 0; index < count; index++) {
      const kind = operation[index] as number;
      if (kind === Operation.sync) continue;
      const offset = offsetBytes[index] as number;
      const end = offset + (lengthBytes[index] as number);
      this.#all.add(offset, end);
      if (kind === Operation.read) this.#reads.add(offset, end);
      if (kind === Operation.write) this.#writes.add(offset, end);
    }
  }

  ratios(): { readonly all: OrderRatios; readonly reads: OrderRatios; readonly writes: OrderRatios } {
    return { all: this.#all.ratios(), reads: this.#reads.ratios(), writes: this.#writes.ratios() };
  }
}

class Follower {
  #count = 0;
  #sequential = 0;
  #backward = 0;
  #near = 0;
  #offset = Number.NaN;
  #end = Number.NaN;

  add(offset: number, end: number): void {
    this.#count += 1;
    if (offset === this.#end) this.#sequential += 1;
    else if (end === this.#offset) this.#backward += 1;
    else if (Math.abs(offset - this.#end) <= nearBytes) this.#near += 1;
    this.#offset = offset;
    this.#end = end;
  }

  ratios(): OrderRatios {
    const of = (count: number): number => (this.#count === 0 ? 0 : count / this.#count);
    return { sequentialRatio: of(this.#sequential), backwardRatio: of(this.#backward), nearRatio: of(this.#near) };
  }
}
