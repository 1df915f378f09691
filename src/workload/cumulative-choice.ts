import type { Random } from './random.ts';

/** One of several things to draw, with its share; shares need not add up to anything. */
export interface Weighted<Value> {
  readonly value: Value;
  readonly weight: number;
}

/** How many values `uint31` has; shares are resolved to this. */
const drawCount = 2 ** 31;

/** Draws by weight; one choice costs no draw. */
export class CumulativeChoice<Value> {
  readonly #values: readonly Value[];
  readonly #first: Value;
  readonly #thresholds: Float64Array;

  /** @param choices at least one, with a positive sum of weights */
  constructor(choices: readonly Weighted<Value>[]) {
    const kept = choices.filter((choice) => choice.weight > 0);
    const [first] = kept;
    if (first === undefined) throw new RangeError('nothing to choose from');
    const totalWeight = kept.reduce((sum, choice) => sum + choice.weight, 0);
    let sum = 0;
    this.#first = first.value;
    this.#values = kept.map((choice) => choice.value);
    this.#thresholds = Float64Array.from(kept, (choice) => {
      sum += choice.weight;
      return Math.round((sum / totalWeight) * drawCount);
    });
    this.#thresholds[kept.length - 1] = drawCount;
  }

  draw(random: Random): Value {
    if (this.#values.length === 1) return this.#first;
    const drawn = random.uint31();
    let index = 0;
    while (drawn >= (this.#thresholds[index] ?? drawCount)) index += 1;
    return this.#values[index] ?? this.#first;
  }
}
