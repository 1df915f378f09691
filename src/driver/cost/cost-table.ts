import type { CostCurve } from './cost-profile.ts';

/** A curve made ready for many look-ups: the answer to the last one is kept, as sizes repeat. */
export class CostTable {
  readonly #at: Float64Array;
  readonly #ns: Float64Array;
  #lastAt = Number.NaN;
  #lastNs = 0;

  constructor(curve: CostCurve) {
    this.#at = Float64Array.from(curve, (point) => point.at);
    this.#ns = Float64Array.from(curve, (point) => point.ns);
  }

  /** Nanoseconds at a size or count: linear between two points, flat below the first, the last slope beyond the last. */
  ns(at: number): number {
    if (at === this.#lastAt) return this.#lastNs;
    this.#lastAt = at;
    this.#lastNs = this.#find(at);
    return this.#lastNs;
  }

  #find(at: number): number {
    const last = this.#at.length - 1;
    if (last < 0) return 0;
    const firstAt = this.#at[0] as number;
    const firstNs = this.#ns[0] as number;
    if (at <= firstAt || last === 0) return firstNs;
    let upper = 1;
    while (upper < last && (this.#at[upper] as number) < at) upper++;
    const lowAt = this.#at[upper - 1] as number;
    const lowNs = this.#ns[upper - 1] as number;
    const slope = ((this.#ns[upper] as number) - lowNs) / ((this.#at[upper] as number) - lowAt);
    return Math.max(0, lowNs + slope * (at - lowAt));
  }
}

/** The spread of a curve as one number: the root mean square over its points. */
export function spreadOf(curve: CostCurve): number {
  if (curve.length === 0) return 0;
  return Math.sqrt(curve.reduce((sum, point) => sum + point.spread ** 2, 0) / curve.length);
}
