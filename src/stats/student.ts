/**
 * P(|T| ≥ t) of Student's distribution, two-sided.
 *
 * Worked number: 2.2622 with 9 degrees of freedom has 0.05.
 *
 * @param t any sign; infinite gives 0
 * @param degrees of freedom, above 0, fractions allowed
 * @source Abramowitz and Stegun, "Handbook of mathematical functions", 26.7.1 and 26.5.8
 */
export function studentTwoSided(t: number, degrees: number): number {
  if (!Number.isFinite(t)) return 0;
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

/**
 * The t that is exceeded in size with the given probability: the inverse of {@link studentTwoSided} in its first
 * argument, to 12 digits.
 *
 * Worked number: 0.05 with 2 degrees of freedom is 4.3027.
 *
 * @param probability above 0 and below 1
 */
export function studentCritical(probability: number, degrees: number): number {
  let low = 0;
  let high = 1;
  while (studentTwoSided(high, degrees) > probability) high *= 2;
  for (let step = 0; step < 100 && high - low > 1e-13 * high; step++) {
    const middle = (low + high) / 2;
    if (studentTwoSided(middle, degrees) > probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The regularised incomplete beta function I_x(a, b), by its continued fraction. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  // The fraction converges fast on this side only; on the other the symmetry of the function helps.
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** Lentz's evaluation of the continued fraction. */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const guard = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let numerator = 1;
  let denominator = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let result = denominator;
  for (let m = 1; m <= 500; m++) {
    for (const term of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]) {
      denominator = 1 / guard(1 + term * denominator);
      numerator = guard(1 + term / numerator);
      result *= numerator * denominator;
    }
    if (Math.abs(numerator * denominator - 1) < 1e-15) break;
  }
  return result;
}

const lanczos = [
  76.18009172947146, -86.50532032941678, 24.01409824083091, -1.231739572450155, 1.208650973866179e-3,
  -5.395239384953e-6,
] as const;

/** Logarithm of the gamma function for positive arguments, to 1e-10. @source Lanczos 1964, coefficients of Numerical Recipes 6.1 */
function logGamma(x: number): number {
  const shifted = x + 5.5;
  const sum = lanczos.reduce((total, coefficient, index) => total + coefficient / (x + 1 + index), 1.000000000190015);
  return (x + 0.5) * Math.log(shifted) - shifted + Math.log((Math.sqrt(2 * Math.PI) * sum) / x);
}
