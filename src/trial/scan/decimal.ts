/** Powers of ten that are exact as doubles. */
const powersOfTen = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Most digits of the higher part, of the lower part and behind the point: integers below 2^53, exact powers of ten. */
export const highDigits = 15;
export const lowDigits = 7;
export const fractionDigits = 22;

/** 2^27 + 1, which cuts a double into two halves whose products are exact. */
const splitter = 134_217_729;

/**
 * The double nearest to (high × 10^lowLength + low) / 10^fractionLength, that is to a decimal of up to 22 digits; NaN
 * where it lies so near the middle between two doubles that this arithmetic cannot tell. Many times as fast as `Number` of
 * the text, which measured times with their 17 digits would take.
 *
 * Products and remainders are kept as exact sums of two doubles. The quotient is a first guess and a correction, which is
 * known to 50 bits: it is right where a correction that little larger or smaller gives the same double.
 *
 * @source Clinger, "How to read floating point numbers accurately", PLDI 1990, section 3, for up to 15 digits; Dekker, "A
 *   floating-point technique for extending the available precision", Numerische Mathematik 18 (1971)
 */
export function decimalToDouble(high: number, low: number, lowLength: number, fractionLength: number): number {
  const divisor = powersOfTen[fractionLength] ?? Number.NaN;
  if (lowLength === 0) return high / divisor;
  const scale = powersOfTen[lowLength] ?? Number.NaN;
  const product = high * scale;
  const rest = productError(high, scale, product) + low;
  const dividend = product + rest;
  const dividendError = rest - (dividend - product);
  const guess = dividend / divisor;
  const back = guess * divisor;
  const remainder = dividend - back - productError(guess, divisor, back) + dividendError;
  const correction = remainder / divisor;
  const doubt = Math.abs(correction) * 2 ** -50;
  const result = guess + (correction - doubt);
  return result === guess + (correction + doubt) ? result : Number.NaN;
}

/** What rounding took from a product. */
function productError(left: number, right: number, product: number): number {
  const leftCut = splitter * left;
  const leftHigh = leftCut - (leftCut - left);
  const leftLow = left - leftHigh;
  const rightCut = splitter * right;
  const rightHigh = rightCut - (rightCut - right);
  const rightLow = right - rightHigh;
  return leftLow * rightLow - (product - leftHigh * rightHigh - leftLow * rightHigh - leftHigh * rightLow);
}
