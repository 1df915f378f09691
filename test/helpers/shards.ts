import { buildPlan, type Plan, type PlanInput } from '../../src/trial/plan.ts';
import type { HeaderRecord, JournalRecord, PlannedTrial, ShardPosition, TrialRecord } from '../../src/trial/record.ts';
import { scriptedConfigurations, scriptedWorkload } from './scripted-engine.ts';
import { completedTrial, sampleHeader, sampleMetrics } from './trials.ts';

/** A plan of so many workloads under two configurations. */
export function samplePlan(workloadCount: number, overrides: Partial<PlanInput> = {}): Plan {
  return buildPlan({
    workloads: Array.from({ length: workloadCount }, (_, index) => scriptedWorkload(`w${index}`)),
    configurations: scriptedConfigurations(0, 65_536),
    repetitions: 3,
    seed: 1,
    engine: 'qemu-io',
    ...overrides,
  });
}

export function planHeader(plan: Plan, shard?: ShardPosition, overrides: Partial<HeaderRecord> = {}): HeaderRecord {
  return { ...sampleHeader({ plan: plan.summary, ...overrides }), ...(shard ? { shard } : {}) };
}

/** What a run would record of a trial; the sample tells records of one trial apart. */
export function sampleRecord(
  plan: Plan,
  trial: PlannedTrial,
  sample = 1000,
): Extract<TrialRecord, { state: 'completed' }> {
  const { label, create, drive } = plan.configuration(trial.configuration);
  return completedTrial({ ...trial, configuration: { label, create, drive }, metrics: sampleMetrics(sample) });
}

export function abortedRecord(plan: Plan, trial: PlannedTrial): TrialRecord {
  const { metrics: _, cpus: _cpus, command: _command, warnings: _warnings, ...base } = sampleRecord(plan, trial);
  return { ...base, state: 'aborted', reason: 'interrupted' };
}

export function journalLines(records: readonly (JournalRecord | { readonly type: string })[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}
