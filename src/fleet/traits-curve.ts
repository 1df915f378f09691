import { type WorkloadTraits, workloadTraits } from '../advisor/workload-traits.ts';
import { type MissCurve, upperHull } from './miss-curve.ts';

/** Corners of a smooth curve: evenly over the cache, and evenly over what is saved. */
const cornerCount = 48;

/** The curve of a named workload: `missScale × (1 − c)^missSkew` where the cache maps a share c of the working set. */
export function traitsCurve(traits: WorkloadTraits): MissCurve {
  const { name, title, source, missScale, missSkew, workingSet } = traits;
  const power = powerOf(missSkew);
  const savedAt = (mappedRatio: number): number => {
    if (mappedRatio >= 1) return 1;
    return missSkew === 1 ? mappedRatio : 1 - power(1 - mappedRatio);
  };
  const places = new Set([0, 1]);
  for (let step = 1; step < cornerCount && missSkew !== 1; step++) {
    places.add(step / cornerCount);
    places.add(1 - (1 - step / cornerCount) ** (1 / missSkew));
  }
  const mapped = [...places].sort((left, right) => left - right);
  return {
    name,
    title,
    source,
    scaleRatio: missScale,
    floorRatio: 0,
    workingSet,
    savedAt,
    points: Float64Array.from(mapped),
    corners: upperHull(mapped, mapped.map(savedAt)),
    // A skew below 1 would be the other way round; none of the named workloads has one.
    isConcave: missSkew >= 1,
  };
}

/** The curves of all named workloads, the default first. */
export function traitsCurves(): readonly MissCurve[] {
  return workloadTraits.map(traitsCurve);
}

/** `base ** exponent` for bases from 0 to 1; whole and half exponents are multiplied out, many times as fast. */
function powerOf(exponent: number): (base: number) => number {
  const [whole, isHalf] = [Math.floor(exponent), exponent % 1 === 0.5];
  if (!isHalf && whole !== exponent) return (base) => base ** exponent;
  return (base) => {
    let result = isHalf ? Math.sqrt(base) : 1;
    for (let bits = whole, square = base; bits > 0; bits >>= 1, square *= square) if (bits & 1) result *= square;
    return result;
  };
}
