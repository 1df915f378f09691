import { descendingOrder } from '../descending-order.ts';
import type { MissCurve } from '../miss-curve.ts';
import type { Demand } from './demand.ts';

/**
 * The groups of a pool that share a curve, by falling density: with a price per byte, those that buy a piece of the hull are the
 * first ones, so that what all of them spend at a price is looked up and not summed.
 */
export class CurveQueue {
  readonly #mapped: Float64Array;
  readonly #slopes: Float64Array;
  readonly #densities: Float32Array;
  /** Sums over the groups before a place, bytes. */
  readonly #needBefore: Float64Array;
  readonly #leastBefore: Float64Array;

  /** @param groups all of one curve */
  constructor(demand: Demand, curve: MissCurve, groups: Uint32Array) {
    const { mapped, saved } = curve.corners;
    this.#mapped = mapped;
    this.#slopes = slopesOf(mapped, saved);
    const keys = new Float32Array(groups.length);
    for (let at = 0; at < keys.length; at++) keys[at] = demand.density[groups[at] as number] as number;
    const order = descendingOrder(keys);
    this.#densities = new Float32Array(keys.length);
    this.#needBefore = new Float64Array(groups.length + 1);
    this.#leastBefore = new Float64Array(groups.length + 1);
    const first = mapped[1] ?? 1;
    for (let at = 0; at < order.length; at++) {
      const place = order[at] as number;
      const group = groups[place] as number;
      const count = demand.count[group] as number;
      const need = demand.needBytes[group] as number;
      this.#densities[at] = keys[place] as number;
      this.#needBefore[at + 1] = (this.#needBefore[at] as number) + count * need;
      // What a disk has in any case is part of what it buys, but not more than its first piece.
      const least = Math.min(demand.leastBytes[group] as number, first * need);
      this.#leastBefore[at + 1] = (this.#leastBefore[at] as number) + count * least;
    }
  }

  /** The highest price at which anything is bought. */
  get highestPrice(): number {
    return (this.#densities[0] ?? 0) * (this.#slopes[0] ?? 0);
  }

  /** Bytes beyond the least that are bought at this price: at least what the disks' own steps add up to. */
  spentAt(price: number): number {
    let spent = 0;
    for (let piece = 0; piece < this.#slopes.length; piece++) {
      const slope = this.#slopes[piece] as number;
      if (slope <= 0) break;
      const buyers = this.#buyers(price, slope);
      if (buyers === 0) break;
      const width = (this.#mapped[piece + 1] as number) - (this.#mapped[piece] as number);
      spent += width * (this.#needBefore[buyers] as number);
      if (piece === 0) spent -= this.#leastBefore[buyers] as number;
    }
    return spent;
  }

  /** How many groups get at least this price for each byte of a piece. */
  #buyers(price: number, slope: number): number {
    let [low, high] = [0, this.#densities.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#densities[middle] as number) * slope >= price) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Rise of each piece of the hull. */
export function slopesOf(mapped: Float64Array, saved: Float64Array): Float64Array {
  return Float64Array.from(mapped.subarray(1), (to, piece) => {
    const from = mapped[piece] as number;
    return ((saved[piece + 1] as number) - (saved[piece] as number)) / (to - from);
  });
}

/** The share of its working set that a disk of this density buys at a price. */
export function boughtAt(mapped: Float64Array, slopes: Float64Array, density: number, price: number): number {
  let low = 0;
  let high = slopes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const slope = slopes[middle] as number;
    if (slope > 0 && density * slope >= price) low = middle + 1;
    else high = middle;
  }
  return mapped[low] as number;
}
