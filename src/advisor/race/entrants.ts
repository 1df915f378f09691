import type { RaceState, Standing } from './race-state.ts';
import type { RaceCandidate } from './types.ts';

/** Standard deviations of optimism in the opening. */
const optimism = 2;
/** Places in the model's order, from the best to the worst, that the second heat looks at too: whether slow is slow. */
const checkedShares = [0.25, 0.5, 0.75] as const;
/** Draws that are looked through for challengers. */
const mostDraws = 200;

/**
 * Who runs in the opening: the promising ones by model and doubt together, each chosen as if those before it were already
 * measured, so that they are not all alike; in the second heat some from the middle and the end of the order, which tell whether
 * the order is to be believed.
 */
export function openingEntrants(state: RaceState, laneCount: number, mustRun: readonly string[]): readonly number[] {
  const { candidates, baseline } = state;
  const wanted = mustRun
    .map((key) => state.indexOf(key))
    .filter((index) => state.counts[index] === 0 && !state.isOut(index));
  const entrants = [...new Set([baseline, ...wanted])].slice(0, laneCount);
  const open = candidates.map((_, index) => index).filter((index) => index !== baseline && !state.isOut(index));
  if (state.heatCount === 1) {
    const order = [...open].sort((a, b) => logRate(candidates, b) - logRate(candidates, a));
    for (const share of checkedShares) {
      const index = order[Math.floor(share * order.length)];
      if (index !== undefined && !entrants.includes(index) && entrants.length < laneCount) entrants.push(index);
    }
  }
  return [...entrants, ...promising(state, open, entrants, laneCount - entrants.length)];
}

function promising(
  state: RaceState,
  open: readonly number[],
  taken: readonly number[],
  wanted: number,
): readonly number[] {
  const { belief } = state;
  const imagined = belief.copy();
  for (const index of taken) imagined.imagine(index);
  const chosen: number[] = [];
  const value = (index: number) => (belief.means[index] as number) + optimism * Math.sqrt(imagined.variance(index));
  while (chosen.length < wanted) {
    const left = open.filter((index) => !taken.includes(index) && !chosen.includes(index));
    const [first, ...rest] = left;
    if (first === undefined) break;
    const best = rest.reduce((most, index) => (value(index) > value(most) ? index : most), first);
    chosen.push(best);
    imagined.imagine(best);
  }
  return chosen;
}

/**
 * Who runs next: the defaults, the pick, and challengers by top-two Thompson sampling: the best of one draw after the other from what
 * is believed, until the heat is full.
 *
 * @source Russo, "Simple Bayesian algorithms for best arm identification", COLT 2016
 */
export function nextEntrants(state: RaceState, standing: Standing, laneCount: number): readonly number[] {
  const { contenders, draws, goodShares, pick } = standing;
  const entrants = [...new Set([state.baseline, pick])].filter((index) => !state.isOut(index));
  for (const rates of draws.slice(0, mostDraws)) {
    if (entrants.length >= laneCount) break;
    const best = contenders[indexOfLargest(rates)];
    if (best !== undefined && !entrants.includes(best)) entrants.push(best);
  }
  // One that is hardly ever best may still be good enough and cheaper than the pick.
  const cost = (index: number) => (state.candidates[index] as RaceCandidate).cost;
  const undecided = contenders
    .map((index, place) => ({ index, share: goodShares[place] as number }))
    .filter(({ index, share }) => share > 0.2 && !entrants.includes(index))
    .sort((a, b) => cost(a.index) - cost(b.index));
  for (const { index } of undecided) if (entrants.length < laneCount) entrants.push(index);
  const open = state.candidates.map((_, index) => index).filter((index) => !state.isOut(index));
  return [...entrants, ...promising(state, open, entrants, Math.max(0, 3 - entrants.length))];
}

function indexOfLargest(values: Float64Array): number {
  let best = 0;
  for (let at = 1; at < values.length; at++) if ((values[at] as number) > (values[best] as number)) best = at;
  return best;
}

function logRate(candidates: readonly RaceCandidate[], index: number): number {
  return (candidates[index] as RaceCandidate).logRate;
}
