/**
 * The largest share that still gives so few hits or fewer with probability `alpha`: the one-sided upper bound of
 * Clopper and Pearson, "The use of confidence or fiducial limits", Biometrika 26 (1934).
 */
export function upperBound(hits: number, total: number, alpha: number): number {
  if (hits >= total) return 1;
  let low = hits / total;
  let high = 1;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (atMost(hits, total, middle) > alpha) low = middle;
    else high = middle;
  }
  return high;
}

/** P(X ≤ hits) of a binomial distribution. */
function atMost(hits: number, total: number, share: number): number {
  let term = total * Math.log1p(-share);
  let sum = Math.exp(term);
  for (let count = 1; count <= hits; count++) {
    term += Math.log((total - count + 1) / count) + Math.log(share) - Math.log1p(-share);
    sum += Math.exp(term);
  }
  return sum;
}
