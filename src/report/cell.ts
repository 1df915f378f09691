import type { EngineName } from '../engine/engine.ts';
import type { Configuration } from '../settings/configuration.ts';
import type { Journal } from '../trial/journal-reader.ts';
import type { TrialRecord } from '../trial/record.ts';

export type CompletedTrial = Extract<TrialRecord, { state: 'completed' }>;
export type IncompleteTrial = Exclude<TrialRecord, { state: 'completed' }>;

/** All repetitions of one configuration under one workload and one engine. */
export interface Cell {
  readonly workload: string;
  readonly configuration: Configuration;
  readonly engine: EngineName;
  /** In the order of block and repetition. */
  readonly completed: readonly CompletedTrial[];
  readonly incomplete: readonly IncompleteTrial[];
}

/** The cells of a journal in the order of its plan, those that the plan does not name last. */
export function buildCells(journal: Journal): readonly Cell[] {
  const cells = new Map<string, { first: TrialRecord; completed: CompletedTrial[]; incomplete: IncompleteTrial[] }>();
  for (const trial of journal.trials) {
    const key = cellKey(trial.workload, trial.configuration.label, trial.engine);
    let cell = cells.get(key);
    if (cell === undefined) {
      cell = { first: trial, completed: [], incomplete: [] };
      cells.set(key, cell);
    }
    if (trial.state === 'completed') cell.completed.push(trial);
    else cell.incomplete.push(trial);
  }
  const { workloads, configurations } = journal.header.plan;
  const workloadRank = rankOf(workloads.map((workload) => workload.name));
  const configurationRank = rankOf(configurations.map((configuration) => configuration.label));
  return [...cells.values()]
    .map(({ first, completed, incomplete }) => ({
      workload: first.workload,
      configuration: first.configuration,
      engine: first.engine,
      completed: completed.sort((left, right) => left.block - right.block || left.repetition - right.repetition),
      incomplete,
    }))
    .sort(
      (left, right) =>
        workloadRank(left.workload) - workloadRank(right.workload) ||
        configurationRank(left.configuration.label) - configurationRank(right.configuration.label),
    );
}

/** Two cells with the same key measure the same thing. */
export function cellKey(workload: string, label: string, engine: EngineName): string {
  return JSON.stringify([workload, label, engine]);
}

function rankOf(names: readonly string[]): (name: string) => number {
  const ranks = new Map(names.map((name, index) => [name, index]));
  return (name) => ranks.get(name) ?? names.length;
}

/** Trials of two cells that belong together: of the same block and repetition. */
export function pairTrials(
  base: readonly CompletedTrial[],
  head: readonly CompletedTrial[],
): readonly (readonly [base: CompletedTrial, head: CompletedTrial])[] {
  const waiting = new Map<string, CompletedTrial[]>();
  for (const trial of head) {
    const key = `${trial.block}/${trial.repetition}`;
    const queue = waiting.get(key);
    if (queue) queue.push(trial);
    else waiting.set(key, [trial]);
  }
  return base.flatMap((trial) => {
    const partner = waiting.get(`${trial.block}/${trial.repetition}`)?.shift();
    return partner ? [[trial, partner] as const] : [];
  });
}
