import { normalCumulative } from './signed-rank.ts';

/** Points of the grid on which densities are carried from look to look; 241 give four digits of the level. */
const gridPoints = 241;
/** The grid reaches this far beyond the boundary's scale, in standard deviations. */
const reach = 6;

const known = new Map<string, number>();

/**
 * The level for every look at growing data that keeps the chance of any false alarm over all looks within `errorRate`:
 * Pocock's constant boundary, for looks at any numbers of observations. To look five times at 5 % each would give 14 %.
 *
 * The cumulative sum of normal observations is followed from look to look on a grid of values; what is beyond the
 * boundary leaves. The boundary is found by halving.
 *
 * Worked number: five equally spaced looks at 5 % have 0.0158 each, the tabled value.
 *
 * @param looks numbers of observations, ascending; the level is `errorRate` itself for one
 * @param errorRate two-sided, above 0 and below 1
 * @source Pocock, "Group sequential methods in the design and analysis of clinical trials", Biometrika 64 (1977);
 *   Armitage, McPherson and Rowe, "Repeated significance tests on accumulating data", JRSS A 132 (1969)
 */
export function nominalLevel(looks: readonly number[], errorRate: number): number {
  if (looks.length <= 1) return errorRate;
  const key = `${errorRate} ${looks.join()}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  let low = 0;
  let high = 10;
  for (let step = 0; step < 30; step++) {
    const boundary = (low + high) / 2;
    if (crossingProbability(looks, boundary) > errorRate) low = boundary;
    else high = boundary;
  }
  const level = 2 * (1 - normalCumulative(high));
  known.set(key, level);
  return level;
}

/** The chance that a sum of independent standard normal values leaves ±boundary·√n at one of the looks n. */
function crossingProbability(looks: readonly number[], boundary: number): number {
  let inside = 1;
  // Densities of the sum at the last look, over a grid within the boundary.
  let grid = new Float64Array([0]);
  let density = new Float64Array([1]);
  let spacing = 1;
  let last = 0;
  for (const count of looks) {
    const deviation = Math.sqrt(count - last);
    const limit = boundary * Math.sqrt(count);
    const half = Math.min(limit, reach * Math.sqrt(count));
    const nextSpacing = (2 * half) / gridPoints;
    const nextGrid = Float64Array.from({ length: gridPoints }, (_, index) => -half + (index + 0.5) * nextSpacing);
    const nextDensity = nextGrid.map((value) => {
      let sum = 0;
      for (let index = 0; index < grid.length; index++) {
        const distance = (value - (grid[index] ?? 0)) / deviation;
        sum += (density[index] ?? 0) * Math.exp(-0.5 * distance * distance);
      }
      return (sum * spacing) / (deviation * Math.sqrt(2 * Math.PI));
    });
    inside = nextDensity.reduce((sum, value) => sum + value, 0) * nextSpacing;
    grid = nextGrid;
    density = nextDensity;
    spacing = nextSpacing;
    last = count;
  }
  return 1 - inside;
}
