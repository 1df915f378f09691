import type { Deck, ReplaySource } from './replay.ts';
import { mean, middle } from './truth.ts';

/** A pick as the blocks that had no part in choosing it show it. */
export interface Judgement {
  /** Logarithm of the best rate over the pick's. */
  readonly regret: number;
  /** Logarithm of the pick's rate over the defaults'. */
  readonly gain: number;
}

/** Configurations that may be best have at least so many blocks; others were too slow to be measured again. */
const fewestBlocks = 3;

/**
 * How far the pick is from the best. The best is one of those that were fast in the full rounds, or the defaults. Which one is chosen by
 * one half of the unseen blocks, and what it is worth is told by the other, and the other way round: the mean of all blocks would
 * make the luckiest of many equal ones the best, and the pick a loser by that luck.
 */
export function judge(source: ReplaySource, deck: Deck, pick: number): Judgement {
  const values = new Map<number, readonly number[]>();
  for (const index of source.front) {
    const unseen = deck.unseen(index).map(({ logRatio }) => logRatio);
    if (unseen.length >= fewestBlocks) values.set(index, unseen);
  }
  const gain = pick === 0 ? 0 : middle(deck.unseen(pick).map(({ logRatio }) => logRatio));
  const halves = [0, 1].map((half) => {
    let best = 0;
    let worth = 0;
    let highest = 0;
    for (const [index, unseen] of values) {
      const chosenBy = middle(unseen.filter((_, at) => at % 2 === half));
      if (chosenBy <= highest) continue;
      highest = chosenBy;
      best = index;
      worth = middle(unseen.filter((_, at) => at % 2 !== half));
    }
    return best === 0 ? 0 : worth;
  });
  return { regret: mean(halves) - gain, gain };
}
