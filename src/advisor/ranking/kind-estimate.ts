import { studentCritical } from '../../stats/student.ts';
import { nextKind, requestKindCount } from './request-kind.ts';

/** A kind seen in fewer requests or windows is estimated together with its next one. */
const enough = { requests: 8, windows: 3 } as const;

/** The row of sums for windows that stand for themselves only. */
export const certainRow = 0;
/** Standard error, as a share of the whole, for what is so rare that no window saw it; chosen. */
export const unseenRatio = 0.0025;

/** What a configuration adds to the costs on a plain file, window by window and kind by kind. */
export class KindSums {
  readonly #counts: Float64Array;
  readonly #sums: Float64Array;
  readonly #walks: Float64Array;

  /** @param windowCount windows that were drawn: rows 1 to so many */
  constructor(windowCount: number) {
    const size = (windowCount + 1) * requestKindCount;
    this.#counts = new Float64Array(size);
    this.#sums = new Float64Array(size);
    this.#walks = new Float64Array(size);
  }

  /** @param ns what one request of a kind cost more than on a plain file @param walkNs see {@link estimate} */
  add(row: number, kind: number, ns: number, walkNs: number): void {
    const at = row * requestKindCount + kind;
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.#sums[at] = (this.#sums[at] as number) + ns;
    this.#walks[at] = (this.#walks[at] as number) + walkNs;
  }

  /**
   * The sum over a whole workload: the head as it is, and of the rest each kind's mean in the windows times how many there are. The
   * error is that of a sample of windows: the deviations from the kinds' means, added up within each window, vary between windows.
   *
   * @param kindCounts requests of each kind in the whole workload
   * @param walkCount how often the `walkNs` of each request are to be added
   * @source difference estimator with post-strata, cluster sampling: Cochran, "Sampling techniques", 5A.9, 7.9 and 9A
   */
  estimate(kindCounts: Float64Array, walkCount: number): { readonly ns: number; readonly errorNs: number } {
    const values = this.#sums.map((sum, at) => sum + walkCount * (this.#walks[at] as number));
    const strata = this.#strata(kindCounts, values);
    let ns = 0;
    let squares = 0;
    for (let kind = 0; kind < requestKindCount; kind++) ns += values[kind] as number;
    for (const { restCount, mean, guessNs } of strata) {
      ns += restCount * mean;
      squares += guessNs ** 2;
    }
    const windowCount = this.#counts.length / requestKindCount - 1;
    let deviations = 0;
    let sampled = 0;
    for (let window = 1; window <= windowCount; window++) {
      let deviation = 0;
      for (const { kinds, weight, mean } of strata) {
        for (const kind of kinds) {
          const at = window * requestKindCount + kind;
          const count = this.#counts[at] as number;
          deviation += weight * ((values[at] as number) - count * mean);
          sampled += count;
        }
      }
      deviations += deviation ** 2;
    }
    const all = strata.reduce((sum, { restCount }) => sum + restCount, 0);
    const share = all === 0 ? 1 : Math.min(1, sampled / all);
    squares += ((1 - share) * deviations * windowCount) / (windowCount - 1);
    return { ns, errorNs: Math.sqrt(squares) };
  }

  #strata(kindCounts: Float64Array, values: Float64Array): readonly Stratum[] {
    const counts = this.#totals(this.#counts);
    const sums = this.#totals(values);
    const seenIn = this.#totals(this.#counts.map((count) => (count > 0 ? 1 : 0)));
    const members = new Map<number, number[]>();
    for (let kind = 0; kind < requestKindCount; kind++) {
      let group = kind;
      let next = nextKind[group];
      while (next !== undefined && !isKnown(group)) {
        group = next;
        next = nextKind[group];
      }
      members.set(group, [...(members.get(group) ?? []), kind]);
    }
    function isKnown(kind: number): boolean {
      return (
        ((counts.rest[kind] as number) >= enough.requests && (seenIn.rest[kind] as number) >= enough.windows) ||
        (counts.head[kind] as number) > 0
      );
    }
    return [...members.values()].map((kinds) => {
      const sum = (of: Float64Array) => kinds.reduce((total, kind) => total + (of[kind] as number), 0);
      const restCount = Math.max(0, sum(kindCounts) - sum(counts.head));
      const known = sum(counts.rest);
      // What the windows saw too rarely is taken to be as in the head, with a doubt of half of it.
      const isRare = known < enough.requests || sum(seenIn.rest) < enough.windows;
      const [count, ns] = isRare
        ? [known + sum(counts.head), sum(sums.rest) + sum(sums.head)]
        : [known, sum(sums.rest)];
      const mean = count === 0 ? 0 : ns / count;
      return {
        ...{ kinds, restCount, mean },
        weight: isRare || known === 0 ? 0 : restCount / known,
        guessNs: isRare ? (restCount * Math.abs(mean)) / 2 : 0,
      };
    });
  }

  /** By kind, in the head and in the windows. */
  #totals(of: Float64Array): { readonly head: Float64Array; readonly rest: Float64Array } {
    const rest = new Float64Array(requestKindCount);
    for (let at = requestKindCount; at < of.length; at++) {
      rest[at % requestKindCount] = (rest[at % requestKindCount] as number) + (of[at] as number);
    }
    return { head: of.slice(certainRow, requestKindCount), rest };
  }
}

/** Kinds that are estimated together. */
interface Stratum {
  readonly kinds: readonly number[];
  /** How many there are outside the head. */
  readonly restCount: number;
  /** What each of them adds, nanoseconds. */
  readonly mean: number;
  /** How many each in the windows stands for. */
  readonly weight: number;
  /** Standard error of what is guessed, nanoseconds. */
  readonly guessNs: number;
}

/** Half the width of the 95 % interval in standard errors of a mean over so many windows. */
export function intervalWidth(windowCount: number): number {
  return studentCritical(0.05, windowCount - 1);
}
