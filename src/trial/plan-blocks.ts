import type { PlannedTrial } from './record.ts';

/** The trials of one workload that belong next to each other: each of its configurations once. */
export interface PlannedBlock {
  readonly workload: string;
  readonly block: number;
  /** In the plan's order. */
  readonly trials: readonly PlannedTrial[];
}

/** The blocks of a plan's trials, in their order. */
export function blocksOf(trials: readonly PlannedTrial[]): readonly PlannedBlock[] {
  const blocks = new Map<string, { workload: string; block: number; trials: PlannedTrial[] }>();
  for (const trial of trials) {
    const key = JSON.stringify([trial.workload, trial.block]);
    const known = blocks.get(key);
    if (known) known.trials.push(trial);
    else blocks.set(key, { workload: trial.workload, block: trial.block, trials: [trial] });
  }
  return [...blocks.values()];
}
