import type { Cost } from '../../driver/cost/cost-profile.ts';

/** The least spread that is claimed: fewer than ten rounds cannot show a smaller one. */
const minimumSpread = 0.01;
/** Makes the median of absolute deviations a standard deviation, for a normal distribution. */
const madToDeviation = 1.4826;

/** Mean latencies of equal blocks of requests, one per label and round. */
export class Samples {
  readonly #values = new Map<string, number[]>();
  readonly #rounds: { usualNs: number; lostNs: number }[] = [];

  /** @param ns mean latency of one block, nanoseconds */
  add(label: string, ns: number): void {
    const values = this.#values.get(label);
    if (values === undefined) this.#values.set(label, [ns]);
    else values.push(ns);
  }

  /** Begins a round, for {@link stalls}. */
  beginRound(): void {
    this.#rounds.push({ usualNs: 0, lostNs: 0 });
  }

  /** @param usualNs time of a block without its outliers @param lostNs what they took beyond that */
  addStalls(usualNs: number, lostNs: number): void {
    const round = this.#rounds.at(-1);
    if (round === undefined) return;
    round.usualNs += usualNs;
    round.lostNs += lostNs;
  }

  /** Time lost in outliers over the usual time; the round that lost most is left out, as one long stop says little of the rest. */
  stalls(): number {
    const shares = this.#rounds.map(({ usualNs, lostNs }) => (usualNs > 0 ? lostNs / usualNs : 0));
    const kept = shares.sort((left, right) => left - right).slice(0, Math.max(1, shares.length - 1));
    return kept.length === 0 ? 0 : kept.reduce((sum, share) => sum + share, 0) / kept.length;
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
