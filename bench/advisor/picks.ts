import type { Recording } from './recording.ts';
import { budgetShare, Deck, methods, replaySource } from './replay.ts';
import { exhaustiveMs } from './truth.ts';

/** Seeds of these races begin here, so that they are none of the replay's. */
const firstSeed = 1_000_001;

/** Every configuration that one of so many races picks, the defaults aside: those are what has to be known best. */
export async function picksOf(recording: Recording, raceCount: number): Promise<readonly number[]> {
  const source = replaySource(recording);
  const budgetMs = budgetShare * exhaustiveMs(recording.blocks);
  const picks = new Set<number>();
  const [race] = methods;
  for (let seed = firstSeed; race !== undefined && seed < firstSeed + raceCount; seed++) {
    picks.add((await race.decide(source, new Deck(source, seed), budgetMs, seed)).pick);
  }
  return [...picks].filter((index) => index > 0).sort((a, b) => a - b);
}
