import type { InterleavedOutcome } from '../../engine/interleave.ts';
import { findTrend } from '../../stats/steady-state.ts';
import { formatRatio } from '../../units/rate.ts';
import type { Warning } from '../../warnings.ts';
import type { Workload } from '../../workload/workload.ts';

/** A few drift because the machine does; more than this share of all is worth a warning. */
const fewShare = 0.2;

/**
 * Watches whether requests cost the same from the first to the last slice of a trial. Only where they should: requests of one
 * pattern on an image that is shared, and so never written. Writes allocate, and what they cost changes with what is there.
 */
export class Steadiness {
  /** By workload: how its trials drifted that were not steady, and how many were looked at. */
  readonly #drifts = new Map<string, { readonly ratios: number[]; count: number }>();

  add(workload: Pick<Workload, 'name' | 'image' | 'isUniform'>, result: InterleavedOutcome): void {
    const { outcome, driverMs, requestCounts, robustMs, disturbance } = result;
    if (workload.image.state !== 'shared' || workload.isUniform !== true || outcome.state !== 'completed') return;
    // What disturbed it is told elsewhere.
    if (disturbance?.disturbed === true) return;
    const times = robustMs?.length === driverMs.length ? robustMs : driverMs;
    const trend = findTrend(times.map((ms, index) => ms / (requestCounts[index] ?? 1)));
    if (trend === undefined) return;
    const drifts = this.#drifts.get(workload.name) ?? { ratios: [], count: 0 };
    this.#drifts.set(workload.name, drifts);
    drifts.count += 1;
    if (!trend.isSteady) drifts.ratios.push(trend.driftRatio);
  }

  /** One for each workload that was not steady. */
  warnings(): readonly Warning[] {
    return [...this.#drifts].flatMap(([subject, { ratios, count }]) => {
      if (ratios.length <= fewShare * count) return [];
      const most = ratios.reduce((far, ratio) => (Math.abs(ratio) > Math.abs(far) ? ratio : far), 0);
      const isWarmUp = ratios.filter((ratio) => ratio < 0).length > ratios.length / 2;
      const hint = isWarmUp
        ? 'Give the profile more warm-up requests.'
        : 'Something slowed the machine down; `qtune doctor --noise` shows how noisy it is.';
      const direction = most < 0 ? 'faster' : 'slower';
      const message = `${ratios.length} of ${count} trials were not steady: requests became up to ${formatRatio(Math.abs(most))} ${direction} from the first to the last quarter`;
      return [{ code: 'not-steady', subject, message, hint }];
    });
  }
}
