import type { Contribution, SettingEffect } from '../advisor/contributions/contributions.ts';
import type { Prediction } from '../advisor/prediction.ts';
import type { Proposal } from '../advisor/proposal.ts';
import type { Recommendation } from '../advisor/recommendation.ts';
import type { Sensitivity } from '../advisor/sensitivity/sensitivity.ts';

/** Six digits are more than any prediction knows. */
export function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

/** What a recommendation is worth: each workload of a blend, each setting, and other circumstances. */
export function worthDocument({ speedRatio, workloads, contributions, sensitivity }: Recommendation) {
  return {
    ...(speedRatio === undefined ? {} : { speedRatio: interval(speedRatio) }),
    ...(workloads === undefined
      ? {}
      : {
          workloads: workloads.map(({ name, title, source, weightRatio, recommended, baseline }) => ({
            ...{ name, title, source, weightRatio: rounded(weightRatio) },
            recommended: { iops: interval(recommended) },
            baseline: { iops: interval(baseline) },
            speedRatio: rounded(recommended.value / baseline.value),
          })),
        }),
    ...(contributions === undefined ? {} : { contributions: contributions.map(contributionDocument) }),
    ...(sensitivity === undefined ? {} : { sensitivity: sensitivity.map(sensitivityDocument) }),
  };
}

function contributionDocument({ scope, setting, value, alone, last }: Contribution) {
  return {
    ...{ scope, setting, value },
    ...(alone ? { alone: effectDocument(alone) } : {}),
    ...(last ? { last: effectDocument(last) } : {}),
  };
}

function effectDocument({ speedRatio, memoryBytes, spaceAmplification }: SettingEffect) {
  return {
    speedRatio: interval(speedRatio),
    memoryBytes,
    spaceAmplificationRatio: rounded(spaceAmplification),
  };
}

function sensitivityDocument({ id, title, recommended, baseline, speedRatio, instead, isImpossible }: Sensitivity) {
  return {
    ...{ id, title },
    recommended: outcome(recommended),
    baseline: outcome(baseline),
    speedRatio: interval(speedRatio),
    ...(instead ? { instead: outcome(instead) } : {}),
    isImpossible,
  };
}

/** Settings as they are then: only those that differ from QEMU's defaults. */
function outcome({ settings, iops, memoryBytes }: Proposal) {
  return { create: settings.create, drive: settings.drive, iops: interval(iops), memoryBytes };
}

function interval({ value, low, high }: Prediction) {
  return { value: rounded(value), low: rounded(low), high: rounded(high) };
}
