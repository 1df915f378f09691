import { Belief, type Observation, type Prior } from './belief.ts';
import type { Spread } from './kernel.ts';

/** A heat as the fit sees it. */
export interface HeatObservations {
  readonly lanes: readonly Observation[];
  readonly scale: number;
}

/**
 * What is assumed at the start. The model's median error is 7 % and nine cells in ten are within 23 % (`reports/prediction`), which is
 * a standard deviation of 0.14; twice that, since an error that is assumed too small loses far more than one that is too large.
 * @source facts of qtune's own simulation of races: an error of 0.25 taken for 0.12 missed the best in 15 % of runs
 */
export const initialSpread: Spread = { shared: 0.28, own: 0.03, slope: 0.3, noise: 0.03 };

const sharedSteps = [0.02, 0.05, 0.1, 0.2, 0.4, 0.8];
const ownSteps = [0.005, 0.015, 0.04, 0.1];
const slopeSteps = [0.1, 0.4];
const noiseSteps = [0.005, 0.01, 0.02, 0.04, 0.08, 0.16];
/** How strongly the assumptions of the start hold against few measurements: standard deviation of each one's logarithm. */
const doubt = 1;

/**
 * The spread under which what was measured is the least surprising, on a grid; so the first heats say how far the model is off and
 * how noisy this machine is.
 */
export function fitSpread(prior: Prior, heats: readonly HeatObservations[]): Spread {
  const measured = [...new Set(heats.flatMap(({ lanes }) => lanes.map(({ index }) => index)))];
  const small = restrict(prior, measured);
  const places = new Map(measured.map((index, place) => [index, place]));
  const moved = heats.map(({ lanes, scale }) => ({
    lanes: lanes.map((lane) => ({ ...lane, index: places.get(lane.index) as number })),
    scale,
  }));
  const score = (spread: Spread): number => {
    const belief = new Belief({ ...small, spread });
    for (const { lanes, scale } of moved) belief.observe(lanes, scale);
    return belief.evidence - penalty(spread);
  };
  // One after the other, and round again: the whole grid has hundreds of points, and these hardly depend on each other.
  let best = prior.spread;
  let bestScore = score(best);
  for (let round = 0; round < 2; round++) {
    for (const [key, steps] of [
      ['noise', noiseSteps],
      ['shared', sharedSteps],
      ['own', ownSteps],
      ['slope', slopeSteps],
    ] as const) {
      if (best[key] === 0) continue;
      for (const step of steps) {
        const spread = { ...best, [key]: step };
        const its = score(spread);
        if (its > bestScore) {
          best = spread;
          bestScore = its;
        }
      }
    }
  }
  return best;
}

function penalty(spread: Spread): number {
  const keys = ['shared', 'own', 'slope', 'noise'] as const;
  return keys.reduce((sum, key) => {
    const distance = spread[key] === 0 ? 0 : Math.log(spread[key] / initialSpread[key]) / doubt;
    return sum + distance ** 2 / 2;
  }, 0);
}

function restrict({ means, origin, likeness, spread }: Prior, members: readonly number[]): Prior {
  const count = means.length;
  const all = members.includes(origin) ? members : [...members, origin];
  const small = new Float64Array(all.length ** 2);
  for (const [row, from] of all.entries()) {
    for (const [column, to] of all.entries()) small[row * all.length + column] = likeness[from * count + to] as number;
  }
  return {
    means: Float64Array.from(all, (index) => means[index] as number),
    origin: all.indexOf(origin),
    likeness: small,
    spread,
  };
}
