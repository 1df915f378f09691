import type { Spread } from './kernel.ts';

/** One lane of a heat. */
export interface Observation {
  readonly index: number;
  readonly value: number;
  /** Variance within the heat, which comes on top of the noise between heats. */
  readonly variance: number;
}

/** A heat is as fast as the machine is at that moment: nothing is assumed of its level. Variance of a log rate. */
const levelVariance = 25;

/** What is assumed before anything is measured. */
export interface Prior {
  /** Log rates by the model. */
  readonly means: Float64Array;
  /** The configuration that the slope's error is counted from. */
  readonly origin: number;
  /** Likeness of each two, row by row. */
  readonly likeness: Float64Array;
  readonly spread: Spread;
}

/**
 * Log rates of all configurations as one normal distribution. Each heat's level is unknown and is integrated out, so that only
 * differences within heats count; each lane takes time in proportion to the square of the number of configurations.
 *
 * @source Kalman's filter for a state that does not move; Rasmussen and Williams, "Gaussian processes for machine learning", 2.2
 */
export class Belief {
  readonly count: number;
  readonly means: Float64Array;
  readonly covariance: Float64Array;
  readonly #noise: number;
  /** Logarithm of the density of all that was observed, up to a constant. */
  evidence = 0;

  constructor({ means, origin, likeness, spread }: Prior) {
    const count = means.length;
    this.count = count;
    this.means = Float64Array.from(means);
    this.covariance = new Float64Array(count * count);
    this.#noise = spread.noise;
    const start = means[origin] as number;
    for (let row = 0; row < count; row++) {
      const slope = spread.slope ** 2 * ((means[row] as number) - start);
      for (let column = 0; column < count; column++) {
        const at = row * count + column;
        this.covariance[at] =
          spread.shared ** 2 * (likeness[at] as number) +
          slope * ((means[column] as number) - start) +
          (row === column ? spread.own ** 2 : 0);
      }
    }
  }

  /** One that knows the same and learns by itself. */
  copy(): Belief {
    const spread = { shared: 0, own: 0, slope: 0, noise: this.#noise };
    const copied = new Belief({ means: this.means, origin: 0, likeness: this.covariance, spread });
    copied.covariance.set(this.covariance);
    return copied;
  }

  variance(index: number): number {
    return Math.max(0, this.covariance[index * this.count + index] as number);
  }

  /** Of the difference of two log rates. */
  varianceOfDifference(a: number, b: number): number {
    const both = this.covariance[a * this.count + b] as number;
    return Math.max(0, this.variance(a) + this.variance(b) - 2 * both);
  }

  /** @param scale of the noise's variance: more than 1 for a heat that was disturbed */
  observe(heat: readonly Observation[], scale = 1): void {
    const { count, means, covariance } = this;
    const [first] = heat;
    if (first === undefined) return;
    // Starting the level near its place loses nothing and saves digits.
    let level = first.value - (means[first.index] as number);
    let variance = levelVariance;
    const shared = new Float64Array(count);
    const gain = new Float64Array(count);
    for (const { index, value, variance: within } of heat) {
      const row = index * count;
      const toLevel = shared[index] as number;
      const own = covariance[row + index] as number;
      const total = own + 2 * toLevel + variance + scale * (this.#noise ** 2 + within);
      const surprise = value - (means[index] as number) - level;
      this.evidence -= (Math.log(total) + surprise ** 2 / total) / 2;
      for (let at = 0; at < count; at++) gain[at] = (covariance[row + at] as number) + (shared[at] as number);
      const levelGain = toLevel + variance;
      for (let at = 0; at < count; at++) {
        const share = (gain[at] as number) / total;
        if (share === 0) continue;
        means[at] = (means[at] as number) + share * surprise;
        const line = at * count;
        for (let other = 0; other < count; other++) {
          covariance[line + other] = (covariance[line + other] as number) - share * (gain[other] as number);
        }
        shared[at] = (shared[at] as number) - share * levelGain;
      }
      level += (levelGain / total) * surprise;
      variance -= levelGain ** 2 / total;
    }
  }

  /** What is known after a lane of this configuration next to a known one, whatever it shows: for planning a heat. */
  imagine(index: number): void {
    const { count, covariance } = this;
    const row = Float64Array.from(covariance.subarray(index * count, (index + 1) * count));
    const total = (row[index] as number) + 2 * this.#noise ** 2;
    for (let at = 0; at < count; at++) {
      const share = (row[at] as number) / total;
      if (share === 0) continue;
      for (let other = 0; other < count; other++) {
        const place = at * count + other;
        covariance[place] = (covariance[place] as number) - share * (row[other] as number);
      }
    }
  }
}
