import { buildPlan, type Plan } from '../../src/trial/plan.ts';
import { Random } from '../../src/workload/random.ts';
import { ShuffledRange } from '../../src/workload/shuffled-range.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { studyConfigurations } from './configurations.ts';

export interface StudyPlanOptions {
  readonly repetitions: number;
  /** Only so many random cells of the study; all where absent. */
  readonly sample?: number;
  /** Which ones. */
  readonly seed: number;
}

/** Every cell of the study, or a random sample of them, each as often as asked; blocks hold each cell once in random order. */
export function studyPlan(workloads: readonly Workload[], { repetitions, sample, seed }: StudyPlanOptions): Plan {
  const cells = workloads.flatMap((workload) =>
    studyConfigurations(workload).map((configuration) => ({ workload, configuration })),
  );
  const order = new ShuffledRange(cells.length, new Random(seed));
  const chosen = new Set(cells.map((_, index) => order.at(index)).slice(0, sample));
  const here = cells.filter((_, index) => chosen.has(index));
  return buildPlan({
    workloads: workloads.filter((workload) => here.some((cell) => cell.workload === workload)),
    configurations: (workload) =>
      here.filter((cell) => cell.workload === workload).map(({ configuration }) => configuration),
    repetitions,
    seed,
    engine: 'qemu-io',
  });
}
