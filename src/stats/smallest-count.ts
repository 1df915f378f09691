/**
 * The smallest whole number within [from, to] that is enough, given that every larger one is too; null where none is.
 * Asks for few large numbers, in case they take long.
 */
export function smallestCount(from: number, to: number, isEnough: (count: number) => boolean): number | null {
  if (isEnough(from)) return from;
  let low = from;
  let high = from;
  do {
    if (high >= to) return null;
    low = high;
    high = Math.min(to, 2 * high);
  } while (!isEnough(high));
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return high;
}
