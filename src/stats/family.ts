import { nominalLevel } from './group-sequential.ts';
import { holmAdjusted } from './holm.ts';
import { smallestCount } from './smallest-count.ts';
import { studentCritical } from './student.ts';
import type { Verdict } from './verdict.ts';

/** What a correction needs to know of a comparison. */
export interface FamilyMember {
  /** Two-sided, not adjusted; null for exact values, which cannot be wrong by chance. */
  readonly probability: number | null;
  readonly verdict: Verdict;
  readonly pairCount: number;
  readonly neededPairCount: number | null;
}

export interface FamilyOptions {
  /** Chance of any false better or worse among all members, above 0 and below 1. */
  readonly errorRate: number;
  /** Numbers of blocks after which the data were looked at; one look where absent or empty. */
  readonly looks?: readonly number[];
}

/** Chance of any false `better` or `worse` among all comparisons of a metric: 1 %. */
export const defaultErrorRate = 0.01;

/**
 * Corrects verdicts for their number and for how often the data were looked at: `better` and `worse` stay where Holm's
 * adjusted probability is at most the level of a look, and become `inconclusive`, with the pairs that would be enough,
 * where it is not. `same` needs no correction: more comparisons do not make a narrow interval likelier. Exact
 * comparisons are left alone and count for nothing.
 *
 * @returns the members in their order, with their adjusted probability, null where there was none
 * @source Holm 1979, see {@link holmAdjusted}; Pocock 1977, see {@link nominalLevel}
 */
export function correctForFamily<Member extends FamilyMember>(
  members: readonly Member[],
  options: FamilyOptions,
): readonly (Member & { readonly adjustedProbability: number | null })[] {
  const level = nominalLevel(options.looks ?? [], options.errorRate);
  const noisyCount = members.filter((member) => member.probability !== null).length;
  const adjusted = holmAdjusted(members.flatMap((member) => member.probability ?? []));
  let next = 0;
  return members.map((member) => {
    if (member.probability === null) return { ...member, adjustedProbability: null };
    const adjustedProbability = adjusted[next++] ?? 1;
    const isCall = member.verdict === 'better' || member.verdict === 'worse';
    if (!isCall || adjustedProbability <= level) return { ...member, adjustedProbability };
    const neededPairCount = pairsToSignificance(member.probability, member.pairCount, level / noisyCount);
    return { ...member, verdict: 'inconclusive', neededPairCount, adjustedProbability };
  });
}

/** More pairs than this are not promised to help. */
const mostPairs = 10_000;

/** Pairs with which an effect as large, in noise as large, would have the wanted probability: t grows with their root. */
function pairsToSignificance(probability: number, pairCount: number, wanted: number): number | null {
  if (pairCount < 2 || probability >= 1) return null;
  const now = studentCritical(Math.max(probability, 1e-12), pairCount - 1);
  // Few pairs have heavier tails than many, so it is those of the result that count.
  return smallestCount(
    pairCount + 1,
    mostPairs,
    (count) => now * Math.sqrt(count / pairCount) >= studentCritical(wanted, count - 1),
  );
}
