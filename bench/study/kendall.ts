/**
 * Kendall's rank correlation of two rankings of the same things, −1…1; 1 where every pair is in the same order. Ties count as in
 * tau-b, so that a prediction which cannot tell two things apart gains nothing from them.
 *
 * Worked number: 1 2 3 4 against 1 2 4 3 has five pairs in order and one out of it, tau = 4/6.
 * @returns NaN where one side is all ties or there are fewer than two things
 * @source Kendall, "The treatment of ties in ranking problems", Biometrika 33 (1945)
 */
export function kendallTau(left: readonly number[], right: readonly number[]): number {
  let agreed = 0;
  let leftDistinct = 0;
  let rightDistinct = 0;
  for (let one = 0; one < left.length; one++) {
    for (let other = one + 1; other < left.length; other++) {
      const a = Math.sign((left[one] ?? 0) - (left[other] ?? 0));
      const b = Math.sign((right[one] ?? 0) - (right[other] ?? 0));
      agreed += a * b;
      leftDistinct += a * a;
      rightDistinct += b * b;
    }
  }
  return agreed / Math.sqrt(leftDistinct * rightDistinct);
}
