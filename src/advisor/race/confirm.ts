import { correctForFamily } from '../../stats/family.ts';
import { compareInterleaved, type SlicedBlock } from '../../stats/interleaved-comparison.ts';
import type { PairedComparison } from '../../stats/paired-comparison.ts';
import { normalCumulative } from '../../stats/signed-rank.ts';
import { defaultConfidence } from '../../stats/verdict.ts';
import { type RaceState, type Standing, sureShare } from './race-state.ts';
import type { Confirmation, HeatResult, RaceCandidate, RaceOptions, Track } from './types.ts';

/** Blocks after which it is looked whether they decide; four are the fewest that show how much blocks differ. */
const looks: readonly number[] = [4, 6, 9, 13, 18];
/** Chance that equal settings are called better or worse. */
const errorRate = 0.05;
/** A runner-up that is this unlikely to be as good takes no part. */
const leastShare = 0.05;

/** What the confirmation came to. */
export interface Confirmed {
  readonly winner: number;
  readonly confirmation?: Confirmation;
  readonly blockCount: number;
}

/**
 * Measures the pick against the defaults, with its runner-up, in fresh blocks until `compare` would call it or the time is up. For
 * `fastest` the defaults stay unless the pick is better, or surely faster by all that was measured where the blocks were too few;
 * for `cheapest` the pick stays unless it is worse.
 */
export async function confirm(
  state: RaceState,
  standing: Standing,
  racing: Track,
  options: RaceOptions,
  onBlock: (entrants: readonly number[]) => void,
): Promise<Confirmed> {
  const { pick } = standing;
  if (pick === state.baseline) return { winner: pick, blockCount: 0 };
  if (state.isOut(state.baseline)) return { winner: pick, blockCount: 0 };
  if (options.exact === true) return { winner: verdictOf(state, pick, undefined, options), blockCount: 0 };
  const { track, blockMs: expected } = options.confirmation ?? { track: racing, blockMs: undefined };
  const runnerUp = runnerUpOf(state, standing);
  const entrants = [state.baseline, pick, ...(runnerUp === undefined ? [] : [runnerUp])];
  const results: HeatResult[] = [];
  const from = state.spentMs;
  let comparison: PairedComparison | undefined;
  while (results.length < (looks.at(-1) ?? 0)) {
    const blockMs =
      results.length > 0 ? (state.spentMs - from) / results.length : (expected ?? expectedMs(state, entrants.length));
    if (state.spentMs + blockMs > options.budgetMs) break;
    onBlock(entrants);
    const result = await track(entrants.map((index) => keyOf(state, index)));
    if (result === undefined) break;
    if (options.confirmation === undefined) state.add(result);
    else state.charge(result);
    results.push(result);
    if (state.isOut(pick) || state.isOut(state.baseline)) break;
    if (!looks.includes(results.length)) continue;
    comparison = compared(results, keyOf(state, pick), options);
    if (comparison.verdict !== 'inconclusive') break;
  }
  if (state.isOut(pick))
    return {
      winner: runnerUp !== undefined && options.baselineBarred === true ? runnerUp : state.baseline,
      blockCount: results.length,
    };
  comparison ??= results.length > 0 ? compared(results, keyOf(state, pick), options) : undefined;
  const winner = verdictOf(state, pick, comparison, options);
  if (comparison === undefined) return { winner, blockCount: 0 };
  return {
    winner,
    blockCount: results.length,
    confirmation: {
      comparison,
      ...(runnerUp === undefined
        ? {}
        : {
            runnerUp: {
              key: keyOf(state, runnerUp),
              ratio: ratioOf(results, keyOf(state, pick), keyOf(state, runnerUp)),
            },
          }),
    },
  };
}

function verdictOf(
  state: RaceState,
  pick: number,
  comparison: PairedComparison | undefined,
  options: RaceOptions,
): number {
  if (options.baselineBarred === true) return pick;
  const { goal, toleranceRatio } = options;
  const verdict = comparison?.verdict ?? 'inconclusive';
  if (verdict === 'better') return pick;
  const { belief, baseline } = state;
  const gain = (belief.means[pick] as number) - (belief.means[baseline] as number);
  const deviation = Math.sqrt(belief.varianceOfDifference(pick, baseline));
  const chanceAbove = (limit: number) => normalCumulative((gain - limit) / Math.max(deviation, 1e-9));
  const tolerance = Math.log1p(toleranceRatio);
  const ratio = comparison?.ratio ?? 1;
  if (goal === 'cheapest') return verdict !== 'worse' && chanceAbove(-tolerance) >= sureShare ? pick : baseline;
  return verdict === 'inconclusive' && ratio >= 1 && gain >= tolerance && chanceAbove(0) >= sureShare ? pick : baseline;
}

function runnerUpOf(state: RaceState, { contenders, goodShares, pick }: Standing): number | undefined {
  const others = contenders
    .map((index, place) => ({ index, share: goodShares[place] as number }))
    .filter(({ index, share }) => index !== pick && index !== state.baseline && share >= leastShare)
    .sort((a, b) => (state.belief.means[b.index] as number) - (state.belief.means[a.index] as number));
  return others[0]?.index;
}

function compared(
  results: readonly HeatResult[],
  head: string,
  { seed, toleranceRatio }: RaceOptions,
): PairedComparison {
  const blocks = results.flatMap(({ lanes }): readonly SlicedBlock[] => {
    const lane = lanes.find(({ key }) => key === head);
    return lane !== undefined && 'against' in lane && lane.against !== undefined ? [lane.against] : [];
  });
  const found = compareInterleaved(blocks, {
    better: 'higher',
    thresholdRatio: toleranceRatio,
    confidence: defaultConfidence,
    seed,
  });
  const [corrected = found] = correctForFamily([found], { errorRate, looks });
  return corrected;
}

function ratioOf(results: readonly HeatResult[], base: string, head: string): number | null {
  const ratios = results.flatMap(({ lanes }) => {
    const [left, right] = [base, head].map((key) => lanes.find((lane) => lane.key === key));
    if (left === undefined || right === undefined || 'failure' in left || 'failure' in right) return [];
    return [right.logRate - left.logRate];
  });
  return ratios.length === 0 ? null : Math.exp(ratios.reduce((sum, value) => sum + value, 0) / ratios.length);
}

function expectedMs(state: RaceState, laneCount: number): number {
  return laneCount * state.laneMs();
}

function keyOf(state: RaceState, index: number): string {
  return (state.candidates[index] as RaceCandidate).key;
}
