import type { Verdict } from '../../stats/verdict.ts';
import type { RaceOutcome } from './types.ts';

/** How a measured recommendation was decided, as it is shown. */
export interface RaceSummary {
  /** Configurations that could have been picked, the defaults among them. */
  readonly candidateCount: number;
  /** Those that ran at least once. */
  readonly racedCount: number;
  readonly heatCount: number;
  /** Whether it stopped because it was sure enough, and not because the time was up. */
  readonly decided: boolean;
  /** Chance that the winner is within the tolerance of the best, or for a saving priority of the defaults; 0…1. */
  readonly certaintyRatio: number;
  /** Differences in speed below this count as none. */
  readonly toleranceRatio: number;
  /** Whether the model's order was believed to the end. */
  readonly modelTrusted: boolean;
  /** Time of all heats and of the confirmation, milliseconds; absent where the model ran them. */
  readonly spentMs?: number;
  /** The winner over the defaults in fresh blocks; absent where the defaults won or there was no time. */
  readonly confirmation?: {
    readonly blockCount: number;
    readonly ratio: number | null;
    readonly low: number | null;
    readonly high: number | null;
    readonly verdict: Verdict;
  };
  /** Those that failed, by their settings, and why. */
  readonly failures: readonly { readonly configuration: string; readonly reason: string }[];
}

/** @param candidateCount configurations in the race @param measured whether QEMU ran the heats */
export function summarizeRace(
  outcome: RaceOutcome,
  candidateCount: number,
  toleranceRatio: number,
  measured: boolean,
): RaceSummary {
  const { racedCount, heatCount, decided, probability, modelTrusted, spentMs, confirmation, confirmationCount } =
    outcome;
  return {
    ...{ candidateCount, racedCount, heatCount, decided, toleranceRatio, modelTrusted },
    certaintyRatio: probability,
    ...(measured ? { spentMs: Math.round(spentMs) } : {}),
    ...(confirmation === undefined
      ? {}
      : { confirmation: { blockCount: confirmationCount, ...figures(confirmation) } }),
    failures: [...outcome.failures].map(([configuration, reason]) => ({ configuration, reason })),
  };
}

function figures({ comparison: { ratio, low, high, verdict } }: NonNullable<RaceOutcome['confirmation']>) {
  return { ratio, low, high, verdict };
}
