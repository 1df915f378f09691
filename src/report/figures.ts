/** Median and the ends of its interval. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** The farther end of an interval from its median as a share of it, whole percent rounded up: `±2 %`. */
export function formatSpread({ median, low, high }: Spread): string {
  if (median === 0) return '';
  // Rounding error must not turn 2 % into 3.
  return `±${Math.ceil((Math.max(high - median, median - low) / Math.abs(median)) * 100 - 1e-6)} %`;
}

/** From this on a ratio is told as a multiple: `×12.5` says more than `+1150 %`. */
const multipleFrom = 2;

/** A ratio as a change: `+4.2 %`, `-25.1 %`, `×12.5`. */
export function formatChange(ratio: number): string {
  if (ratio >= multipleFrom) return formatMultiple(ratio);
  const percent = (ratio - 1) * 100;
  const text = percent.toFixed(Math.abs(percent) < 9.95 ? 2 : 1);
  return `${percent > 0 ? '+' : ''}${Number(text) === 0 && percent <= 0 ? text.replace('-', '') : text} %`;
}

/** Both ends of a ratio's interval in the unit of {@link formatChange}. */
export function formatChangeInterval(low: number, high: number): string {
  if (high >= multipleFrom) return `[${formatMultiple(low)}, ${formatMultiple(high)}]`;
  return `[${formatChange(low).replace(' %', '')}, ${formatChange(high).replace(' %', '')}]`;
}

/** `×2.49`, three significant digits, no exponent. */
export function formatMultiple(ratio: number): string {
  if (ratio === 0) return '×0';
  const digits = ratio >= 100 ? 0 : ratio >= 10 ? 1 : ratio >= 0.01 ? 2 : 4;
  return `×${ratio.toFixed(digits)}`;
}
