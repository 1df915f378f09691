/** One configuration as predicted and as measured, logarithms of rates over the same thing. */
export interface Check {
  readonly predicted: number;
  readonly measured: number;
  /** Standard error of the measured value. */
  readonly error: number;
}

/** Fewer pairs than this that measuring tells apart say nothing about an order. */
const fewestPairs = 8;
/** Rank correlation below which the order is not believed. @source facts on racing: a prior check after the first 15 configurations */
const leastCorrelation = 0.5;
/** Errors of a difference that make it sure enough to count. */
const sureErrors = 2;

/**
 * Whether the model's order is believed: Kendall's correlation over the pairs of configurations that measuring tells apart. Ties in
 * truth, of which there are many, would bring down any order.
 */
export function isModelTrusted(checks: readonly Check[], toleranceRatio: number): boolean {
  let agreeing = 0;
  let pairs = 0;
  for (const [index, a] of checks.entries()) {
    for (const b of checks.slice(index + 1)) {
      const measured = a.measured - b.measured;
      if (Math.abs(measured) < Math.max(Math.log1p(toleranceRatio), sureErrors * Math.hypot(a.error, b.error)))
        continue;
      pairs += 1;
      agreeing += Math.sign(measured) * Math.sign(a.predicted - b.predicted);
    }
  }
  return pairs < fewestPairs || agreeing / pairs >= leastCorrelation;
}
