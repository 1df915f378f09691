import type { RandomSource } from '../../stats/random.ts';
import { Belief, type Prior } from './belief.ts';
import { fitSpread, type HeatObservations, initialSpread } from './fit-spread.ts';
import { likenessMatrix } from './kernel.ts';
import { type Check, isModelTrusted } from './model-trust.ts';
import { drawRates } from './normal-draws.ts';
import type { HeatResult, RaceCandidate, RaceOptions } from './types.ts';

/** Heats after which the spreads are fitted anew. */
const fitsAfter = new Set([2, 3, 5, 8, 12, 18, 27, 40]);
/** Noise of a heat that was disturbed: its variance times this. */
const disturbedScale = 4;
/** Configurations that are drawn together at most; the others are hardly ever best. */
const mostContenders = 96;
/** Standard deviations above its mean that a configuration is given to be still in the race. */
const reach = 3;
const drawCount = 300;

/** What is thought of the candidates at one moment. */
export interface Standing {
  /** Indexes of those that may be best. */
  readonly contenders: readonly number[];
  readonly draws: readonly Float64Array[];
  /** By contender: share of the draws in which it is as good as the goal asks. */
  readonly goodShares: readonly number[];
  readonly pick: number;
  readonly probability: number;
}

/** The candidates with what the heats have shown of them. */
export class RaceState {
  readonly candidates: readonly RaceCandidate[];
  readonly baseline: number;
  readonly failures = new Map<string, string>();
  readonly counts: Int32Array;
  /** Whether the model's order still counts. */
  modelTrusted: boolean;
  heatCount = 0;
  spentMs = 0;
  belief: Belief;
  readonly #options: RaceOptions;
  readonly #random: RandomSource;
  readonly #indexes: ReadonlyMap<string, number>;
  readonly #heats: HeatObservations[] = [];
  readonly #images = new Set<string>();
  #lastLaneMs: number | undefined;
  #prior: Prior;

  constructor(candidates: readonly RaceCandidate[], options: RaceOptions, random: RandomSource) {
    this.candidates = candidates;
    this.#options = options;
    this.#random = random;
    this.#indexes = new Map(candidates.map(({ key }, index) => [key, index]));
    this.baseline = this.indexOf(options.baseline);
    this.counts = new Int32Array(candidates.length);
    this.modelTrusted = options.ignoreModel !== true;
    const means = Float64Array.from(candidates, ({ logRate }) => logRate);
    this.#prior = {
      means: this.modelTrusted ? means : means.fill(means[this.baseline] as number),
      origin: this.baseline,
      likeness: likenessMatrix(candidates),
      spread: {
        ...(this.modelTrusted ? initialSpread : flatSpread),
        ...(options.exact === true ? { noise: exactNoise } : {}),
      },
    };
    this.belief = new Belief(this.#prior);
  }

  /** @throws RangeError for a key that no candidate has */
  indexOf(key: string): number {
    const index = this.#indexes.get(key);
    if (index === undefined) throw new RangeError(`no candidate is called ${key}`);
    return index;
  }

  isOut(index: number): boolean {
    return this.failures.has((this.candidates[index] as RaceCandidate).key);
  }

  /** What a lane takes, by the last heat, milliseconds. */
  laneMs(): number {
    return this.#lastLaneMs ?? this.#options.expectedLaneMs ?? 0;
  }

  /** What images take that would have to be made first for these, milliseconds. */
  imageMs(indexes: readonly number[]): number {
    const needed = new Map<string, number>();
    for (const index of indexes) {
      const { image } = this.candidates[index] as RaceCandidate;
      if (image !== undefined && !this.#images.has(image.name)) needed.set(image.name, image.ms);
    }
    return [...needed.values()].reduce((sum, ms) => sum + ms, 0);
  }

  /** Takes the time of a heat and who failed in it, and nothing else: one of other requests. */
  charge({ lanes, costMs }: HeatResult): void {
    this.spentMs += costMs;
    const expected = this.imageMs(lanes.map(({ key }) => this.indexOf(key)));
    for (const { key } of lanes) {
      const { image } = this.candidates[this.indexOf(key)] as RaceCandidate;
      if (image !== undefined) this.#images.add(image.name);
    }
    const laneMs = Math.max(leastOwnShare * costMs, costMs - expected) / Math.max(1, lanes.length);
    // Whoever makes images for the first time is no measure of the next heat.
    this.#lastLaneMs = expected > 0 ? Math.min(laneMs, this.#options.expectedLaneMs ?? laneMs) : laneMs;
    for (const lane of lanes) if ('failure' in lane) this.failures.set(lane.key, lane.failure);
  }

  /** Takes what a heat showed. */
  add(heat: HeatResult): void {
    this.charge(heat);
    const { lanes, disturbed } = heat;
    this.heatCount += 1;
    const completed = lanes.flatMap((lane) => {
      if ('failure' in lane) return [];
      const index = this.indexOf(lane.key);
      this.counts[index] = (this.counts[index] as number) + 1;
      return [{ index, value: lane.logRate, variance: lane.logError ** 2 }];
    });
    const observed = { lanes: completed, scale: disturbed === true ? disturbedScale : 1 };
    this.#heats.push(observed);
    this.belief.observe(completed, observed.scale);
    if (fitsAfter.has(this.#heats.length)) this.#refit();
  }

  /** What would be picked now, and how sure that is. */
  standing(): Standing {
    const contenders = this.#contenders();
    const draws = drawRates(this.belief, contenders, drawCount, this.#random);
    const goodShares = this.#goodShares(contenders, draws);
    const { pick, probability } = this.#pick(contenders, goodShares);
    return { contenders, draws, goodShares, pick, probability };
  }

  #contenders(): readonly number[] {
    const barred = this.#options.baselineBarred === true ? this.baseline : -1;
    const all = this.candidates.map((_, index) => index).filter((index) => !this.isOut(index) && index !== barred);
    const high = (index: number) =>
      (this.belief.means[index] as number) + reach * Math.sqrt(this.belief.variance(index));
    const low = (index: number) =>
      (this.belief.means[index] as number) - reach * Math.sqrt(this.belief.variance(index));
    const needed =
      this.#options.goal === 'fastest'
        ? Math.max(...all.map(low))
        : low(this.baseline) - Math.log1p(this.#options.toleranceRatio);
    const possible = all.filter((index) => index !== this.baseline && high(index) >= needed);
    const rank =
      this.#options.goal === 'fastest'
        ? (index: number) => -high(index)
        : (index: number) => (this.candidates[index] as RaceCandidate).cost;
    const first = possible.sort((a, b) => rank(a) - rank(b)).slice(0, mostContenders - 1);
    return this.isOut(this.baseline) || this.#options.baselineBarred === true ? first : [this.baseline, ...first];
  }

  #goodShares(contenders: readonly number[], draws: readonly Float64Array[]): readonly number[] {
    const tolerance = Math.log1p(this.#options.toleranceRatio);
    const good = new Float64Array(contenders.length);
    const at = contenders.indexOf(this.baseline);
    // Where the defaults cannot be had, what is not slower than them is what is not slower than the best.
    for (const rates of draws) {
      const best =
        this.#options.goal === 'fastest' || at < 0
          ? rates.reduce((a, b) => Math.max(a, b), -Infinity)
          : (rates[at] ?? -Infinity);
      for (let place = 0; place < rates.length; place++) {
        if ((rates[place] as number) >= best - tolerance) good[place] = (good[place] as number) + 1;
      }
    }
    return [...good].map((count) => count / draws.length);
  }

  /** The cheapest of those that are surely good enough; the likeliest where none is. */
  #pick(contenders: readonly number[], goodShares: readonly number[]): { pick: number; probability: number } {
    const share = (place: number) => goodShares[place] as number;
    const places = contenders.map((_, place) => place);
    const sure = places.filter((place) => share(place) >= sureShare);
    const cost = (place: number) => (this.candidates[contenders[place] as number] as RaceCandidate).cost;
    const least = (pool: readonly number[], value: (place: number) => number) =>
      pool.reduce((best, place) => (value(place) < value(best) ? place : best));
    if (places.length === 0) return { pick: this.baseline, probability: 0 };
    const chosen = sure.length > 0 ? least(sure, cost) : least(places, (place) => -share(place));
    return { pick: contenders[chosen] as number, probability: share(chosen) };
  }

  #refit(): void {
    if (
      this.modelTrusted &&
      this.#options.ignoreModel !== true &&
      !isModelTrusted(this.#checks(), this.#options.toleranceRatio)
    ) {
      this.modelTrusted = false;
      this.#prior = { ...this.#prior, means: this.#flatMeans(), spread: flatSpread };
    }
    // Without noise there is none to be fitted.
    const fitted = fitSpread(this.#prior, this.#heats);
    const spread = this.#options.exact === true ? { ...fitted, noise: exactNoise } : fitted;
    this.belief = new Belief({ ...this.#prior, spread });
    for (const { lanes, scale } of this.#heats) this.belief.observe(lanes, scale);
  }

  #flatMeans(): Float64Array {
    return new Float64Array(this.candidates.length).fill(this.#prior.means[this.baseline] as number);
  }

  /** What was measured of each configuration over the mean of its heats' first lanes. */
  #checks(): readonly Check[] {
    const found = new Map<number, number[]>();
    for (const { lanes } of this.#heats) {
      const [first] = lanes;
      if (first === undefined) continue;
      for (const { index, value } of lanes) {
        const values = found.get(index) ?? [];
        found.set(index, values);
        values.push(value - first.value);
      }
    }
    const { noise } = this.#prior.spread;
    return [...found].map(([index, values]) => ({
      predicted: (this.candidates[index] as RaceCandidate).logRate,
      measured: values.reduce((sum, value) => sum + value, 0) / values.length,
      error: noise * Math.sqrt(2 / values.length),
    }));
  }
}

/** Of heats that repeat themselves: what rounding leaves. */
const exactNoise = 1e-3;

/** Part of a heat's time that is its lanes' own at least, however long images were expected to take. */
const leastOwnShare = 0.1;

/** Chance of being good enough that is sure enough. */
export const sureShare = 0.95;

/** Without a model all rates are alike at first, and far more uncertain. */
const flatSpread = { ...initialSpread, shared: 0.6, slope: 0 } as const;
