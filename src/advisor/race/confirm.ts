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
/**
 * Chance of being faster than the defaults with which a winner that the blocks were too few for is picked all the same. Held to more, races
 * for gains of 5 % keep the defaults one time in seven and lose them; its gain is told with its range either way.
 */
const likelyShare = 0.8;

/** What the confirmation came to. */
export interface Confirmed {
  readonly winner: number;
  readonly confirmation?: Confirmation;
  readonly blockCount: number;
}

/**
 * Measures the pick against the defaults, with its runner-up, in fresh blocks until `compare` would call it or the time is up. The
 * runner-up takes its place where all blocks together put it ahead. For `fastest` the defaults stay unless the winner is better, or
 * likely to be where the blocks were too few; for `cheapest` the pick stays unless it is worse.
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
  if (options.exact === true) return { winner: verdictOf(state, pick, undefined, [], options), blockCount: 0 };
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
  const leader = leaderOf(state, standing, runnerUp, results, options);
  const other = leader === pick ? runnerUp : pick;
  if (results.length > 0 && (comparison === undefined || leader !== pick)) {
    comparison = compared(results, keyOf(state, leader), options);
  }
  const winner = verdictOf(state, leader, comparison, results, options);
  if (comparison === undefined) return { winner, blockCount: 0 };
  return {
    winner,
    blockCount: results.length,
    confirmation: {
      comparison,
      ...(other === undefined
        ? {}
        : {
            runnerUp: {
              key: keyOf(state, other),
              ratio: ratioOf(results, keyOf(state, leader), keyOf(state, other)),
            },
          }),
    },
  };
}

/** Of the pick and its runner-up the one that is ahead. Where the pick was sure to be good enough, less than the tolerance changes nothing. */
function leaderOf(
  state: RaceState,
  { pick, probability }: Standing,
  runnerUp: number | undefined,
  results: readonly HeatResult[],
  options: RaceOptions,
): number {
  if (runnerUp === undefined || options.goal !== 'fastest' || results.length === 0 || state.isOut(runnerUp))
    return pick;
  const needed = probability >= sureShare ? Math.log1p(options.toleranceRatio) : 0;
  return advantage(state, runnerUp, pick, results, options).gain > needed ? runnerUp : pick;
}

/** What one is believed to gain over another by all that was measured: logarithm of the ratio, and its standard deviation. */
function advantage(
  state: RaceState,
  head: number,
  base: number,
  results: readonly HeatResult[],
  { confirmation }: RaceOptions,
): { readonly gain: number; readonly deviation: number } {
  const { belief } = state;
  const gain = (belief.means[head] as number) - (belief.means[base] as number);
  const variance = Math.max(1e-18, belief.varianceOfDifference(head, base));
  // Blocks of the race's own requests are part of the belief already.
  const fresh = confirmation === undefined ? [] : differences(results, keyOf(state, base), keyOf(state, head));
  if (fresh.length < 2) return { gain, deviation: Math.sqrt(variance) };
  const mean = fresh.reduce((sum, value) => sum + value, 0) / fresh.length;
  const own = fresh.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (fresh.length - 1) / fresh.length;
  const weight = variance / (variance + own);
  return { gain: gain + weight * (mean - gain), deviation: Math.sqrt(weight * own) };
}

function verdictOf(
  state: RaceState,
  pick: number,
  comparison: PairedComparison | undefined,
  results: readonly HeatResult[],
  options: RaceOptions,
): number {
  if (options.baselineBarred === true) return pick;
  const { goal, toleranceRatio } = options;
  const verdict = comparison?.verdict ?? 'inconclusive';
  if (verdict === 'better') return pick;
  const { baseline } = state;
  const { gain, deviation } = advantage(state, pick, baseline, results, options);
  const chanceAbove = (limit: number) => normalCumulative((gain - limit) / Math.max(deviation, 1e-9));
  const tolerance = Math.log1p(toleranceRatio);
  if (goal === 'cheapest') return verdict !== 'worse' && chanceAbove(-tolerance) >= sureShare ? pick : baseline;
  return verdict === 'inconclusive' && gain >= tolerance && chanceAbove(0) >= likelyShare ? pick : baseline;
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
  const found = differences(results, base, head);
  return found.length === 0 ? null : Math.exp(found.reduce((sum, value) => sum + value, 0) / found.length);
}

/** Logarithms of the ratio, of the blocks in which both completed. */
function differences(results: readonly HeatResult[], base: string, head: string): readonly number[] {
  return results.flatMap(({ lanes }) => {
    const [left, right] = [base, head].map((key) => lanes.find((lane) => lane.key === key));
    if (left === undefined || right === undefined || 'failure' in left || 'failure' in right) return [];
    return [right.logRate - left.logRate];
  });
}

function expectedMs(state: RaceState, laneCount: number): number {
  return laneCount * state.laneMs();
}

function keyOf(state: RaceState, index: number): string {
  return (state.candidates[index] as RaceCandidate).key;
}
