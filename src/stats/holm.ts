/**
 * Holm's step-down adjustment of several probabilities: comparing an adjusted one with the error rate keeps the chance
 * of any false alarm among all of them within it, however they depend on each other. Result in the order of the input,
 * each at least its input and at most 1.
 *
 * Worked number: 0.01, 0.04, 0.03 become 0.03, 0.06, 0.06.
 *
 * @source Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979)
 */
export function holmAdjusted(probabilities: readonly number[]): readonly number[] {
  const ascending = probabilities
    .map((probability, index) => ({ probability, index }))
    .sort((left, right) => left.probability - right.probability);
  const adjusted = new Array<number>(probabilities.length).fill(1);
  let largest = 0;
  ascending.forEach(({ probability, index }, rank) => {
    largest = Math.max(largest, Math.min(1, probability * (probabilities.length - rank)));
    adjusted[index] = largest;
  });
  return adjusted;
}
