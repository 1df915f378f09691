import type { BlockSizes } from './fio-job.ts';
import type { JobPlan } from './job-plan.ts';
import { drawCount, Taus88 } from './taus88.ts';

/**
 * Draws for one request. A range of many sizes may need some to hit one that fits at the very end of its area; fio goes on
 * for ever, where here the smallest size is taken.
 */
const maximumDrawCount = 2 ** 20;

/** Lengths of requests: fixed, from a split, or even over a range. @source fio 3.33, io_u.c, get_next_buflen */
export class RequestSizes {
  readonly #plan: JobPlan;
  readonly #randoms: readonly Taus88[];
  readonly #smallest: readonly number[];
  readonly #endBytes: number;

  constructor(plan: JobPlan) {
    this.#plan = plan;
    this.#randoms = plan.seeds.sizes.map((seed) => new Taus88(seed));
    this.#smallest = plan.job.sizes.map(smallestDrawn);
    this.#endBytes = plan.startBytes + plan.areaBytes;
  }

  seed(): void {
    for (const [index, random] of this.#randoms.entries()) random.seed(this.#plan.seeds.sizes[index] ?? 0);
  }

  /** The length of a request of a kind at an offset of the disk; 0 where not even the smallest fits. */
  draw(kind: number, offsetBytes: number, isRandom: boolean): number {
    const { job } = this.#plan;
    const of = job.sizesBySequence ? (isRandom ? 1 : 0) : kind;
    const sizes = job.sizes[of];
    const random = this.#randoms[of];
    if (sizes === undefined || random === undefined) return 0;
    if (sizes.minBytes === sizes.maxBytes) return sizes.minBytes;
    const roomBytes = this.#endBytes - offsetBytes;
    if ((this.#smallest[of] ?? 0) > roomBytes) return 0;
    for (let draws = 0; draws < maximumDrawCount; draws++) {
      const drawn = random.next();
      const bytes = sizes.split.length === 0 ? inRange(sizes, drawn) : fromSplit(sizes, drawn, roomBytes);
      const whole = job.unaligned ? bytes : bytes - (bytes % sizes.minBytes);
      const length = Math.min(whole, sizes.maxBytes);
      if (length <= roomBytes) return length;
    }
    return sizes.minBytes;
  }
}

/** The smallest size that is ever drawn: of a split one whose share is not 0. */
function smallestDrawn({ minBytes, split }: BlockSizes): number {
  const drawn = split.filter(({ percent }) => percent > 0);
  return drawn.length === 0 ? minBytes : Math.min(...drawn.map(({ bytes }) => bytes));
}

/** The range is stretched by the smallest size and then cut, so that the largest comes up a little more often. */
function inRange({ minBytes, maxBytes }: BlockSizes, drawn: number): number {
  return minBytes + Math.floor(maxBytes * (drawn / drawCount));
}

/** The first size whose share the draw falls into and that fits, else the last that was looked at. */
function fromSplit({ split }: BlockSizes, drawn: number, roomBytes: number): number {
  const perPercent = Math.floor((drawCount - 1) / 100);
  let sum = 0;
  let bytes = 0;
  for (const entry of split) {
    if (entry.percent === 0) continue;
    bytes = entry.bytes;
    sum += entry.percent;
    if (Math.floor(drawn / sum) <= perPercent && bytes <= roomBytes) break;
  }
  return bytes;
}
