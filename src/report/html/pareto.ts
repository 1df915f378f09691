/** What is weighed: more speed, less of both others. Null where it is not known; that dimension is then left out. */
export interface Tradeoff {
  readonly speed: number | null;
  readonly memory: number | null;
  readonly space: number | null;
}

/** Sizes closer than this are the same: the file system's own blocks are in the allocated size. */
const spaceToleranceRatio = 0.001;

/** Which of the candidates no other beats: as good in every dimension and better in one. Those without speed are not on it. */
export function paretoFront(candidates: readonly Tradeoff[]): readonly boolean[] {
  return candidates.map(
    (candidate) =>
      candidate.speed !== null && !candidates.some((other) => other !== candidate && dominates(other, candidate)),
  );
}

function dominates(one: Tradeoff, other: Tradeoff): boolean {
  if (one.speed === null || other.speed === null) return false;
  const gains = [
    compare(one.speed, other.speed, 0),
    -compare(one.memory, other.memory, 0),
    -compare(one.space, other.space, spaceToleranceRatio),
  ];
  return gains.every((gain) => gain >= 0) && gains.some((gain) => gain > 0);
}

/** Above, below or as large; unknowns are no difference. */
function compare(left: number | null, right: number | null, toleranceRatio: number): number {
  if (left === null || right === null) return 0;
  return Math.abs(left - right) <= toleranceRatio * Math.max(left, right) ? 0 : left - right;
}
