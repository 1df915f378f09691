/**
 * The geometric mean, the only mean of ratios under which a gain and its reverse cancel. Undefined where there is no
 * value or one is not positive and finite: a total must not pretend to cover what it left out.
 */
export function geometricMean(values: readonly number[]): number | undefined {
  if (values.length === 0 || values.some((value) => !(value > 0 && value < Number.POSITIVE_INFINITY))) return undefined;
  const logarithms = values.map(Math.log);
  return Math.exp(logarithms.reduce((sum, value) => sum + value, 0) / values.length);
}
