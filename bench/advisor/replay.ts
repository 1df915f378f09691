import { race } from '../../src/advisor/race/race.ts';
import type { HeatResult, LaneResult, RaceCandidate, Track } from '../../src/advisor/race/types.ts';
import { createRandom, type RandomSource } from '../../src/stats/random.ts';
import type { Recording } from './recording.ts';
import { type Draw, drawsOf, frontOf, mean, setupMs } from './truth.ts';

/** Time that a race is given, as a share of what exhaustive measurement takes. */
export const budgetShare = 0.1;
/** Rounds that exhaustive measurement would take where each configuration is run as often as benchstat asks for; recorded are three. */
export const usualRounds = 10;
const recordedRounds = 3;

/** A recording made ready for many races. */
export interface ReplaySource {
  readonly recording: Recording;
  readonly candidates: readonly RaceCandidate[];
  /** Blocks of each configuration. */
  readonly draws: readonly (readonly Draw[])[];
  /** Those that may be best. */
  readonly front: readonly number[];
  /** Of each configuration: what making its shared image takes, and which configuration stands for that image. */
  readonly images: readonly { readonly first: number; readonly ms: number }[];
}

/** Differences in speed below this are none to the advisor; as `choose.ts` has it for measured speeds. */
export const toleranceRatio = 0.02;

export function replaySource(recording: Recording): ReplaySource {
  const { configurations } = recording.header;
  const draws = drawsOf(recording);
  const setups = setupMs(recording.blocks);
  const imageOf = (index: number) => JSON.stringify(configurations[index]?.create);
  const first = new Map<string, number>();
  for (const [index] of configurations.entries()) {
    if (!first.has(imageOf(index))) first.set(imageOf(index), index);
  }
  return {
    ...{ recording, draws },
    candidates: configurations.map(({ logRate, cost, features }, index) => ({
      key: String(index),
      logRate,
      cost,
      features,
    })),
    front: frontOf(recording),
    images: configurations.map((_, index) => {
      const one = first.get(imageOf(index)) ?? index;
      return { first: one, ms: setups.get(one) ?? 0 };
    }),
  };
}

/** The blocks of a recording in a random order, handed out one after the other; those that are not are what the result is judged by. */
export class Deck {
  readonly #source: ReplaySource;
  readonly #random: RandomSource;
  /** By configuration: the order of its blocks, made when the first is asked for. */
  readonly #orders = new Map<number, readonly number[]>();
  readonly #taken = new Map<number, number>();
  readonly #images = new Set<number>();
  spentMs = 0;
  drawCount = 0;
  /** Blocks that were handed out again, since too few are left to judge by. */
  repeatCount = 0;

  constructor(source: ReplaySource, seed: number) {
    this.#source = source;
    this.#random = createRandom(seed);
  }

  /** One heat: a lane of each from a block of its own, what those blocks have in common with no other taken out. */
  heat(indexes: readonly number[]): HeatResult {
    let costMs = 0;
    let disturbed = false;
    let start: number | undefined;
    const lanes = indexes.map((index): LaneResult => {
      const image = this.#source.images[index];
      if (image !== undefined && !this.#images.has(image.first)) {
        this.#images.add(image.first);
        costMs += image.ms;
      }
      const key = String(index);
      const draw = this.#draw(index);
      if (draw === undefined) return { key, failure: 'no block of it completed' };
      costMs += draw.ms;
      disturbed ||= draw.disturbed;
      const { logRatio, logError } = draw;
      start ??= logRatio;
      return { key, logRate: logRatio, logError, against: { base: [1], head: [Math.exp(logRatio - start)] } };
    });
    this.spentMs += costMs;
    // Every lane is from a block of its own, and one that was disturbed says nothing of the others.
    return { lanes, costMs, disturbed: disturbed && indexes.length <= 2 };
  }

  readonly track: Track = async (keys) => this.heat(keys.map(Number));

  /** Blocks of a configuration that had no part in the decision. */
  unseen(index: number): readonly Draw[] {
    const order = this.#order(index);
    const taken = Math.min(this.#taken.get(index) ?? 0, order.length - keptCount(order.length));
    return order.slice(taken).map((at) => (this.#source.draws[index] as readonly Draw[])[at] as Draw);
  }

  #draw(index: number): Draw | undefined {
    const order = this.#order(index);
    if (order.length === 0) return undefined;
    const usable = order.length - keptCount(order.length);
    const taken = this.#taken.get(index) ?? 0;
    this.#taken.set(index, taken + 1);
    this.drawCount += 1;
    if (taken >= usable) this.repeatCount += 1;
    const at = taken < usable ? taken : this.#random.below(Math.max(1, usable));
    return (this.#source.draws[index] as readonly Draw[])[order[at] as number];
  }

  #order(index: number): readonly number[] {
    const known = this.#orders.get(index);
    if (known !== undefined) return known;
    const order = (this.#source.draws[index] ?? []).map((_, at) => at);
    for (let at = order.length - 1; at > 0; at--) {
      const other = this.#random.below(at + 1);
      [order[at], order[other]] = [order[other] as number, order[at] as number];
    }
    this.#orders.set(index, order);
    return order;
  }
}

/** A third of a configuration's blocks, and at least one, are never handed out. */
function keptCount(count: number): number {
  return count === 0 ? 0 : Math.max(1, Math.floor(count / 3));
}

/** One decision: which configuration, and what it took. */
export interface Decision {
  readonly pick: number;
  readonly spentMs: number;
  readonly racedCount: number;
  readonly probability: number;
}

/** A way to decide. */
export interface Method {
  readonly title: string;
  /** Its time over a tenth of what the recorded rounds took; 1 where absent. */
  readonly budgetFactor?: number;
  decide(source: ReplaySource, deck: Deck, budgetMs: number, seed: number): Promise<Decision>;
}

export const methods: readonly Method[] = [
  { title: 'race', decide: (source, deck, budgetMs, seed) => raced(source, deck, source.candidates, budgetMs, seed) },
  {
    title: 'race, a tenth of ten rounds',
    budgetFactor: usualRounds / recordedRounds,
    decide: (source, deck, budgetMs, seed) => raced(source, deck, source.candidates, budgetMs, seed),
  },
  {
    title: 'model only',
    decide: async ({ recording }) => ({
      pick: recording.header.recommended,
      spentMs: 0,
      racedCount: 0,
      probability: 0,
    }),
  },
  { title: 'successive halving', decide: async (source, deck, budgetMs) => halved(source, deck, budgetMs) },
  {
    title: 'race without the model',
    decide: (source, deck, budgetMs, seed) => raced(source, deck, source.candidates, budgetMs, seed, true),
  },
  {
    title: 'race, model shuffled',
    decide: (source, deck, budgetMs, seed) => raced(source, deck, shuffledModel(source, seed), budgetMs, seed),
  },
];

async function raced(
  _source: ReplaySource,
  deck: Deck,
  candidates: readonly RaceCandidate[],
  budgetMs: number,
  seed: number,
  ignoreModel = false,
): Promise<Decision> {
  const outcome = await race(candidates, deck.track, {
    ...{ baseline: '0', goal: 'fastest', budgetMs, seed, toleranceRatio, ignoreModel },
  });
  const { pick, racedCount, probability } = outcome;
  return { pick: Number(pick), spentMs: deck.spentMs, racedCount, probability };
}

/** One block of each, then another of the better third, and so on until one is left or the time is up. */
function halved(source: ReplaySource, deck: Deck, budgetMs: number): Decision {
  const random = createRandom(source.candidates.length);
  let left = source.candidates.map((_, index) => index).filter((index) => index > 0);
  const values = new Map<number, number[]>();
  let racedCount = 0;
  // With less time than one block of each takes it can only begin with some of them, which are drawn.
  for (let at = left.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [left[at], left[other]] = [left[other] as number, left[at] as number];
  }
  while (left.length > 1) {
    const share = budgetMs / 4;
    const until = Math.min(budgetMs, deck.spentMs + share);
    const done: number[] = [];
    for (let at = 0; at < left.length && deck.spentMs < until; at += 5) {
      const now = left.slice(at, at + 5);
      for (const lane of deck.heat([0, ...now]).lanes.slice(1)) {
        if ('failure' in lane) continue;
        values.set(Number(lane.key), [...(values.get(Number(lane.key)) ?? []), lane.logRate]);
        done.push(Number(lane.key));
      }
    }
    if (done.length === 0) break;
    racedCount = values.size;
    const by = (index: number) => mean(values.get(index) ?? [0]);
    left = done.sort((a, b) => by(b) - by(a)).slice(0, Math.max(1, Math.ceil(done.length / 3)));
  }
  const [pick = 0] = left;
  return { pick: mean(values.get(pick) ?? [0]) > 0 ? pick : 0, spentMs: deck.spentMs, racedCount, probability: 0 };
}

/** The predictions of the model, handed to other configurations. */
function shuffledModel({ candidates }: ReplaySource, seed: number): readonly RaceCandidate[] {
  const random = createRandom(seed + 1);
  const rates = candidates.map(({ logRate }) => logRate);
  for (let at = rates.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [rates[at], rates[other]] = [rates[other] as number, rates[at] as number];
  }
  return candidates.map((candidate, at) => ({ ...candidate, logRate: rates[at] as number }));
}
