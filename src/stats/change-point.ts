import { studentTwoSided } from './student.ts';

/** Where a series shifted. */
export interface ChangePoint {
  /** Of the first value after the shift. */
  readonly index: number;
  /** Means of the values between this shift and its neighbours, before and after it. */
  readonly before: number;
  readonly after: number;
  /** Two-sided, of Student's test between these values; 0 where they are exact. */
  readonly probability: number;
}

export interface ChangePointOptions {
  /** Shifts of a higher probability are chance. */
  readonly probability: number;
  /** Smaller shifts of the mean are no matter; in the unit of the values. */
  readonly minimumShift: number;
}

/** Shifts are looked for within so many values, so that one long ago does not hide one of today. */
const windowLength = 50;

/** Fewest values on each side of a shift: with two, chance alone gives near-equal ones too often. */
export const fewestValues = 3;

/**
 * Finds where the mean of a noisy series shifts: E-divisive's divisions, told apart from chance by Student's test in the place of
 * its permutations, which makes the answer a function of the values alone. A window of 50 values moves over the series by half its
 * length. Within it the division with the largest energy distance is taken where its test, corrected for the number of
 * places that were tried, keeps to the probability; both parts are then divided further. At the end, shifts that no longer
 * hold among their neighbours are dropped, weakest first.
 *
 * A shift is found when {@link fewestValues} values or so have come after it; one value cannot be told from an outlier.
 *
 * @source Matteson and James, "A nonparametric approach for multiple change point analysis", JASA 109 (2014); Fleming and
 *   Kołaczkowski, "Hunter: using change point detection to hunt for performance regressions", ICPE 2023, section 3
 */
export function findChangePoints(values: readonly number[], options: ChangePointOptions): readonly ChangePoint[] {
  const found = new Set<number>();
  const step = windowLength / 2;
  for (let start = 0; start === 0 || start + step < values.length; start += step) {
    divide(values, start, Math.min(values.length, start + windowLength), options, found);
  }
  let indices = [...found].sort((left, right) => left - right);
  for (;;) {
    const points = indices.map((index, place) =>
      describePoint(values, indices[place - 1] ?? 0, index, indices[place + 1] ?? values.length),
    );
    const weak = points.filter(
      (point) => point.probability > options.probability || Math.abs(point.after - point.before) < options.minimumShift,
    );
    if (weak.length === 0) return points;
    const weakest = weak.reduce((worst, point) => (point.probability > worst.probability ? point : worst));
    indices = indices.filter((index) => index !== weakest.index);
  }
}

/** Every change of a series without noise is a shift. */
export function findExactChanges(values: readonly number[]): readonly ChangePoint[] {
  return values.flatMap((after, index) => {
    const before = values[index - 1];
    return before === undefined || before === after ? [] : [{ index, before, after, probability: 0 }];
  });
}

function divide(
  values: readonly number[],
  start: number,
  end: number,
  options: ChangePointOptions,
  found: Set<number>,
): void {
  const index = bestDivision(values, start, end);
  if (index === undefined) return;
  const tried = end - start - 2 * fewestValues + 1;
  const point = describePoint(values, start, index, end);
  if (point.probability * tried > options.probability) return;
  found.add(index);
  divide(values, start, index, options, found);
  divide(values, index, end, options, found);
}

/**
 * The division of [start, end) with the largest energy distance between its parts, in time of the square of its length: sums
 * of distances within and between the parts are carried from one place to the next.
 */
function bestDivision(values: readonly number[], start: number, end: number): number | undefined {
  const count = end - start;
  if (count < 2 * fewestValues) return undefined;
  const at = (index: number): number => values[index] ?? 0;
  let within = 0;
  let between = 0;
  let beyond = 0;
  for (let left = start; left < end; left++) {
    for (let right = left + 1; right < end; right++) beyond += Math.abs(at(left) - at(right));
  }
  let best: number | undefined;
  let largest = 0;
  for (let index = start + 1; index < end; index++) {
    // The value before `index` changes sides.
    let toLeft = 0;
    let toRight = 0;
    for (let other = start; other < index - 1; other++) toLeft += Math.abs(at(other) - at(index - 1));
    for (let other = index; other < end; other++) toRight += Math.abs(at(other) - at(index - 1));
    within += toLeft;
    beyond -= toRight;
    between += toRight - toLeft;
    const [left, right] = [index - start, end - index];
    if (left < fewestValues || right < fewestValues) continue;
    const distance =
      (2 * between) / (left * right) - (2 * within) / (left * (left - 1)) - (2 * beyond) / (right * (right - 1));
    const weighted = ((left * right) / count) * distance;
    if (weighted > largest) {
      largest = weighted;
      best = index;
    }
  }
  return best;
}

function describePoint(values: readonly number[], start: number, index: number, end: number): ChangePoint {
  const left = momentsOf(values.slice(start, index));
  const right = momentsOf(values.slice(index, end));
  const degrees = left.count + right.count - 2;
  const pooled = (left.squares + right.squares) / Math.max(1, degrees);
  const error = Math.sqrt(pooled * (1 / left.count + 1 / right.count));
  const distance = Math.abs(right.mean - left.mean);
  const probability = error > 0 ? studentTwoSided(distance / error, degrees) : distance > 0 ? 0 : 1;
  return { index, before: left.mean, after: right.mean, probability };
}

function momentsOf(values: readonly number[]): {
  readonly count: number;
  readonly mean: number;
  readonly squares: number;
} {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { count: values.length, mean, squares: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) };
}
