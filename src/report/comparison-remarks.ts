import { formatRatio } from '../units/rate.ts';
import type { Comparison } from './comparison.ts';

/** What a reader has to know of a whole comparison beside its warnings, a sentence or two each. */
export function remarksOn({ multiplicity, confidence, errorRate, disturbedTrialCount }: Comparison): readonly string[] {
  const remarks: string[] = [];
  const disturbed = (['base', 'head'] as const).filter((side) => disturbedTrialCount[side] > 0);
  if (disturbed.length > 0) {
    const counts = disturbed.map((side) => `${disturbedTrialCount[side]} in ${side}`).join(', ');
    remarks.push(`Trials disturbed from outside: ${counts}. Where they ran again, the later run counts.`);
  }
  if (multiplicity.expectedFalseAlarmCount >= 0.5) {
    const expected = Number(multiplicity.expectedFalseAlarmCount.toPrecision(2));
    remarks.push(
      `Of ${multiplicity.comparisonCount} noisy comparisons at ${formatRatio(confidence)}, the intervals of about ${expected} would leave out "no change" by chance alone. Verdicts are corrected for that: in each metric, any false one at most ${formatRatio(errorRate)}.`,
    );
  }
  return remarks;
}
