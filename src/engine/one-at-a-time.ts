import type { Warning } from '../warnings.ts';
import type { EngineJob } from './engine.ts';
import { needsLoadGenerator } from './fio/job-plan.ts';

/** Says so where a workload asks for several requests at once, or for times, and the engine runs one after the other. */
export function oneAtATimeWarnings({ workload }: Pick<EngineJob, 'workload'>): readonly Warning[] {
  if (!needsLoadGenerator(workload)) return [];
  const message =
    'it asks for several requests at once, or at given times; this engine runs one after the other as fast as they go';
  return [{ code: 'one-at-a-time', subject: workload.name, message, hint: '--engine fio runs them as asked.' }];
}
