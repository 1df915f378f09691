import type { Warning } from '../warnings.ts';
import { median } from './quantiles.ts';
import { at, toSample } from './sample.ts';
import { neededCount } from './signed-rank.ts';

/** Several measurements of one thing in brief. */
export interface Summary {
  readonly median: number;
  /** Ends of the interval of the median: two of the values. */
  readonly low: number;
  readonly high: number;
  /** How many values. */
  readonly n: number;
  /** Coverage that the interval really has; 0 for one value. */
  readonly attainedConfidence: number;
  /** Whether that is what was asked for; if not, the interval is the whole range of the values. */
  readonly sufficient: boolean;
  readonly warnings: readonly Warning[];
}

export interface SummaryOptions {
  /** Share of intervals that are to contain the true median, above 0 and below 1. */
  readonly confidence: number;
  readonly subject?: string;
}

/**
 * Median and its interval from order statistics, which assumes nothing about the noise: the k-th smallest and the k-th
 * largest value, with the largest k for which a fair coin comes up heads fewer than k times in n tosses with at most
 * half the error. Too few values give their range, a warning and how many are needed. Undefined where no value is
 * finite.
 *
 * Worked number: 10 values at 0.95 give the 2nd and the 9th, with a real coverage of 97.9 %.
 *
 * @source David and Nagaraja, "Order statistics", 3rd edition, section 7.1
 */
export function summarize(values: readonly number[], options: SummaryOptions): Summary | undefined {
  const { confidence, subject = '' } = options;
  const sample = toSample(values);
  if (sample === undefined) return undefined;
  const n = sample.length;
  const warnings: Warning[] = [];
  if (n < values.length) {
    const message = `${values.length - n} of ${values.length} values left out: they are not finite`;
    warnings.push({ code: 'unusable-values', subject, message });
  }
  const sufficient = n >= neededCount(confidence);
  if (!sufficient) {
    warnings.push({
      code: 'too-few-values',
      subject,
      message: `n = ${n}: an interval of ${Math.round(confidence * 1000) / 10} % needs at least ${neededCount(confidence)}; the range is given instead`,
    });
  }
  const { rank, tail } = medianRank(n, (1 - confidence) / 2);
  return {
    median: median(sample),
    low: at(sample, rank - 1),
    high: at(sample, n - rank),
    n,
    attainedConfidence: Math.max(0, 1 - 2 * tail),
    sufficient,
    warnings,
  };
}

/** The largest k ≥ 1 with P(Binomial(n, 1/2) < k) ≤ tail, or 1, and that probability. */
function medianRank(n: number, wantedTail: number): { readonly rank: number; readonly tail: number } {
  // Logarithms, since 2^-n itself is zero beyond n = 1074.
  let logTerm = -n * Math.LN2;
  let cumulative = Math.exp(logTerm);
  let rank = 1;
  let tail = cumulative;
  for (let heads = 1; heads < n / 2; heads++) {
    logTerm += Math.log((n - heads + 1) / heads);
    cumulative += Math.exp(logTerm);
    if (cumulative > wantedTail + 1e-12) break;
    rank = heads + 1;
    tail = cumulative;
  }
  return { rank, tail };
}
