import type { Cost } from '../../driver/cost/cost-profile.ts';

/** The least spread that is claimed: fewer than ten rounds cannot show a smaller one. */
const minimumSpread = 0.01;
/** Makes the median of absolute deviations a standard deviation, for a normal distribution. */
const madToDeviation = 1.4826;

/** Mean latencies of equal blocks of requests, one per label and round. */
export class Samples {
  readonly #values = new Map<string, number[]>();

  /** @param ns mean latency of one block, nanoseconds */
  add(label: string, ns: number): void {
    const values = this.#values.get(label);
    if (values === undefined) this.#values.set(label, [ns]);
    else values.push(ns);
  }

  get labels(): readonly string[] {
    return [...this.#values.keys()];
  }

  values(label: string): readonly number[] {
    return this.#values.get(label) ?? [];
  }

  /** Median of the blocks' means, and their spread; undefined where nothing was measured. */
  cost(label: string): Cost | undefined {
    const values = this.#values.get(label);
    if (values === undefined || values.length === 0) return undefined;
    const ns = median(values);
    const deviation = median(values.map((value) => Math.abs(value - ns))) * madToDeviation;
    return { ns, spread: ns > 0 ? Math.max(minimumSpread, deviation / ns) : 0 };
  }

  /**
   * Relative standard deviation of whole rounds: how much all costs together move from one round to the next.
   */
  drift(): number {
    const rounds: number[][] = [];
    for (const [label, values] of this.#values) {
      const middle = this.cost(label)?.ns ?? 0;
      if (middle > 0) {
        values.forEach((value, round) => {
          rounds[round] = [...(rounds[round] ?? []), Math.log(value / middle)];
        });
      }
    }
    const shifts = rounds.map(median);
    if (shifts.length < 2) return minimumSpread;
    const mean = shifts.reduce((sum, shift) => sum + shift, 0) / shifts.length;
    const variance = shifts.reduce((sum, shift) => sum + (shift - mean) ** 2, 0) / (shifts.length - 1);
    return Math.max(minimumSpread, Math.sqrt(variance));
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
