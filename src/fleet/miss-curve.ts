import { isText } from '../workload/trace/byte-numbers.ts';

/**
 * How the L2 misses of a workload fall with the size of the cache: between no cache and one that maps the whole working set
 * the miss ratio falls from `floorRatio + scaleRatio` to `floorRatio`.
 */
export interface MissCurve {
  /** The word that a fleet file says. */
  readonly name: string;
  readonly title: string;
  readonly source: string;
  /** Misses per lookup that a cache can save, 0…1. */
  readonly scaleRatio: number;
  /** Misses per lookup that remain however large the cache is. */
  readonly floorRatio: number;
  /** The part of the disk that is used over and over: a share of the disk, or guest bytes. */
  readonly workingSet: { readonly ratio: number } | { readonly bytes: number };
  /** Share of `scaleRatio` that is saved with this share of the working set mapped; both 0…1, 0 at 0 and 1 at 1, never falling. */
  savedAt(mappedRatio: number): number;
  /**
   * The upper concave hull of `savedAt`: corner shares from 0 to 1 and what is saved there. Slopes fall from corner to corner.
   */
  readonly corners: { readonly mapped: Float64Array; readonly saved: Float64Array };
  /** Shares at which the curve is known, for one that is not its own hull. */
  readonly points: Float64Array;
  /** Whether the curve is its own hull; otherwise a disk gains in jumps. */
  readonly isConcave: boolean;
}

/** Every curve that the rows of a fleet may name. Number 0 is that of rows which name none. */
export class CurveBook {
  readonly curves: readonly MissCurve[];
  #last = 0;

  /** @param curves without two of one name */
  constructor(curves: readonly MissCurve[]) {
    this.curves = curves;
  }

  /** The number of a name in bytes, −1 where there is no such curve. */
  numberOf(bytes: Uint8Array, start: number, end: number): number {
    if (isText(bytes, start, end, this.at(this.#last).name)) return this.#last;
    for (let number = 0; number < this.curves.length; number++) {
      if (!isText(bytes, start, end, this.at(number).name)) continue;
      this.#last = number;
      return number;
    }
    return -1;
  }

  at(number: number): MissCurve {
    const curve = this.curves[number];
    if (curve === undefined) throw new RangeError(`no curve ${number}`);
    return curve;
  }
}

/** The part of a disk that the workload uses, guest bytes; at most the disk. */
export function workingSetOf({ workingSet }: MissCurve, diskBytes: number): number {
  return Math.min(diskBytes, 'ratio' in workingSet ? workingSet.ratio * diskBytes : workingSet.bytes);
}

/** Corners of the upper concave hull of points whose first coordinates rise. */
export function upperHull(mapped: readonly number[], saved: readonly number[]): MissCurve['corners'] {
  const hull: number[] = [];
  const slope = (from: number, to: number): number =>
    ((saved[to] ?? 0) - (saved[from] ?? 0)) / ((mapped[to] ?? 0) - (mapped[from] ?? 0));
  mapped.forEach((_, next) => {
    while (hull.length >= 2 && slope(hull.at(-2) ?? 0, hull.at(-1) ?? 0) <= slope(hull.at(-1) ?? 0, next)) hull.pop();
    hull.push(next);
  });
  return {
    mapped: Float64Array.from(hull, (index) => mapped[index] ?? 0),
    saved: Float64Array.from(hull, (index) => saved[index] ?? 0),
  };
}

/** Straight lines between the points of a curve. */
export function interpolate(mapped: Float64Array, saved: Float64Array, at: number): number {
  if (at <= 0) return 0;
  let [low, high] = [0, mapped.length - 1];
  if (at >= (mapped[high] as number)) return saved[high] as number;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((mapped[middle] as number) <= at) low = middle;
    else high = middle;
  }
  const [from, to] = [mapped[low] as number, mapped[high] as number];
  const [below, above] = [saved[low] as number, saved[high] as number];
  return below + ((at - from) / (to - from)) * (above - below);
}
