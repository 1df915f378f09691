import { createRandom } from '../../stats/random.ts';
import { type Confirmed, confirm } from './confirm.ts';
import { nextEntrants, openingEntrants } from './entrants.ts';
import { RaceState, type Standing, sureShare } from './race-state.ts';
import type { RaceCandidate, RaceOptions, RaceOutcome, RaceProgress, Track } from './types.ts';

/** Lanes of a heat; the fewer where the time is for few heats. */
const laneCounts = { least: 6, most: 8 } as const;
const usualHeats = 8;
const defaultMostHeats = 60;
/** Heats before anything is drawn: some 15 configurations, from which the model's error is estimated. */
const openingHeats = 3;
/** Lanes of a pick before it may be called decided: one says nothing of new images. */
const fewestPickLanes = 3;
/** Part of the time kept for the confirmation at most, and lanes for which it is kept: more of them decide less than the same time in heats. */
const confirmationShare = 0.35;
const confirmationLanes = 8;
const confirmationBlocks = 4;
/** A heat of fewer shows too little for what it costs. */
const fewestEntrants = 3;

/**
 * Races configurations against each other and against the defaults: the model's predictions are a prior, whose error is taken to be
 * twice what it was and is estimated anew from the first heats; configurations that are alike share what is learned; challengers
 * are drawn by top-two Thompson sampling; and it ends as soon as the pick is good enough with 95 %. The winner is then measured against
 * the defaults in blocks that had no part in choosing it, since the best of many looks better than it is.
 *
 * The same results of heats and the same seed give the same outcome.
 *
 * @source Russo 2016 (top-two Thompson sampling); irace (racing by blocks); `compare` for the decision
 * @throws RangeError where the baseline is no candidate
 */
export async function race(
  candidates: readonly RaceCandidate[],
  track: Track,
  options: RaceOptions,
): Promise<RaceOutcome> {
  const random = createRandom(options.seed);
  const state = new RaceState(candidates, options, random);
  const laneCount = Math.min(candidates.length, options.laneCount ?? usualLanes(options));
  let standing = state.standing();
  while (!isDecided(state, standing, options) && state.heatCount < (options.mostHeats ?? defaultMostHeats)) {
    const stage = state.heatCount < openingHeats ? 'opening' : 'racing';
    const wanted =
      stage === 'opening'
        ? openingEntrants(state, laneCount, options.mustRun ?? [])
        : nextEntrants(state, standing, laneCount);
    const entrants = affordable(state, wanted, options);
    if (entrants.length < 2) break;
    tell(state, standing, stage, entrants, options);
    const result = await track(entrants.map((index) => keyOf(state, index)));
    if (result === undefined) break;
    state.add(result);
    standing = state.standing();
  }
  const decided = isDecided(state, standing, options);
  const { heatCount } = state;
  const confirmed = await confirm(state, standing, track, options, (entrants) =>
    tell(state, standing, 'confirming', entrants, options),
  );
  return outcomeOf(state, standing, confirmed, { decided, heatCount });
}

function usualLanes({ budgetMs, expectedLaneMs = 0 }: RaceOptions): number {
  const affordable = Math.floor(budgetMs / (usualHeats * expectedLaneMs));
  return Math.min(laneCounts.most, Math.max(laneCounts.least, affordable));
}

function isDecided(state: RaceState, { pick, probability }: Standing, { exact }: RaceOptions): boolean {
  if (state.candidates.length < 2) return true;
  const fewest = exact === true ? 1 : fewestPickLanes;
  return state.heatCount >= openingHeats && probability >= sureShare && (state.counts[pick] as number) >= fewest;
}

/**
 * Those of a heat that can end before the time that the confirmation needs: where there is too little for all, those go first whose image
 * is not there yet. The first heat always runs: late is better than nothing.
 */
function affordable(state: RaceState, wanted: readonly number[], options: RaceOptions): readonly number[] {
  if (state.heatCount === 0) return wanted;
  const { budgetMs, confirmation } = options;
  const laneMs = state.laneMs();
  const blocksMs = confirmation === undefined ? confirmationLanes * laneMs : confirmationBlocks * confirmation.blockMs;
  const leftMs = budgetMs - state.spentMs - Math.min(confirmationShare * budgetMs, blocksMs);
  const cost = (indexes: readonly number[]) => indexes.length * laneMs + state.imageMs(indexes);
  if (cost(wanted) <= leftMs) return wanted;
  const kept = wanted.filter((index) => state.imageMs([index]) === 0);
  return kept.length >= fewestEntrants && cost(kept) <= leftMs ? kept : [];
}

function tell(
  state: RaceState,
  standing: Standing,
  stage: RaceProgress['stage'],
  entrants: readonly number[],
  { onProgress }: RaceOptions,
): void {
  onProgress?.({
    stage,
    heatCount: state.heatCount,
    entrants: entrants.map((index) => keyOf(state, index)),
    leader: keyOf(state, standing.pick),
    probability: standing.probability,
    contenderCount: standing.contenders.length,
    spentMs: state.spentMs,
  });
}

function outcomeOf(
  state: RaceState,
  { pick, probability }: Standing,
  { winner, confirmation, blockCount }: Confirmed,
  { decided, heatCount }: { readonly decided: boolean; readonly heatCount: number },
): RaceOutcome {
  const { belief, candidates, baseline, counts } = state;
  const start = belief.means[baseline] as number;
  return {
    pick: keyOf(state, winner),
    winner: keyOf(state, pick),
    probability,
    decided,
    modelTrusted: state.modelTrusted,
    ...(confirmation === undefined ? {} : { confirmation }),
    racedCount: counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0),
    heatCount,
    confirmationCount: blockCount,
    spentMs: state.spentMs,
    failures: state.failures,
    beliefs: new Map(
      candidates.map(({ key }, index) => [
        key,
        {
          logRatio: (belief.means[index] as number) - start,
          deviation: Math.sqrt(belief.varianceOfDifference(index, baseline)),
          count: counts[index] as number,
        },
      ]),
    ),
  };
}

function keyOf(state: RaceState, index: number): string {
  return (state.candidates[index] as RaceCandidate).key;
}
