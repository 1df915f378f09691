/** Points of the grid that the distribution is summed up on; 2,000 give four digits of a quantile. */
const gridPoints = 2000;
/** The grid reaches this many standard deviations of the distribution from 1. */
const reach = 9;

/** A value of the sample's standard deviation over the true one, and its chance. The chances add up to 1. */
export interface DeviationPoint {
  readonly ratio: number;
  readonly chance: number;
}

const known = new Map<number, readonly DeviationPoint[]>();

/**
 * The distribution of the standard deviation of normal values over the true one: the root of chi-squared over its degrees
 * of freedom, on a grid.
 *
 * @param degrees of freedom, at least 1
 * @source the density of the chi distribution, Abramowitz and Stegun 26.4; normalised by its own sum
 */
export function deviationDistribution(degrees: number): readonly DeviationPoint[] {
  const found = known.get(degrees);
  if (found !== undefined) return found;
  const width = reach / Math.sqrt(2 * degrees);
  const low = Math.max(0, 1 - width);
  const step = (1 + width - low) / gridPoints;
  const ratios = Array.from({ length: gridPoints }, (_, index) => low + (index + 0.5) * step);
  const logDensity = (ratio: number): number => (degrees - 1) * Math.log(ratio) - (degrees * ratio * ratio) / 2;
  // Its largest value, near which all of it lies, so that nothing overflows for many degrees.
  const peak = degrees === 1 ? 0 : logDensity(Math.sqrt((degrees - 1) / degrees));
  const densities = ratios.map((ratio) => Math.exp(logDensity(ratio) - peak));
  const sum = densities.reduce((total, density) => total + density, 0);
  const points = ratios.map((ratio, index) => ({ ratio, chance: (densities[index] ?? 0) / sum }));
  known.set(degrees, points);
  return points;
}

/**
 * The interval of the true standard deviation, given that of a sample.
 *
 * Worked number: 1 from 10 values gives 0.688 to 1.826 at 95 %, the tabled points of chi-squared with 9 degrees of freedom.
 *
 * @param deviation of the sample, at least 0
 * @param count values in the sample, at least 2
 * @param confidence above 0 and below 1
 */
export function deviationInterval(
  deviation: number,
  count: number,
  confidence: number,
): { readonly low: number; readonly high: number } {
  const points = deviationDistribution(count - 1);
  const tail = (1 - confidence) / 2;
  return { low: deviation / quantile(points, 1 - tail), high: deviation / quantile(points, tail) };
}

function quantile(points: readonly DeviationPoint[], probability: number): number {
  const step = (points[1]?.ratio ?? 1) - (points[0]?.ratio ?? 0);
  let sum = 0;
  for (const { ratio, chance } of points) {
    if (sum + chance >= probability) return ratio + ((probability - sum) / chance - 0.5) * step;
    sum += chance;
  }
  return points.at(-1)?.ratio ?? 1;
}
