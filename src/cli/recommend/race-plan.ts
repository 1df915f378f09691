import { dataReadSettings, type MeasuringWorkloads } from '../../advisor/measuring-workloads.ts';
import type { Proposal } from '../../advisor/proposal.ts';
import { buildPlan, type Plan } from '../../trial/plan.ts';
import type { ChosenEngine } from '../run/choose-engine.ts';
import { configurationOf } from './race-track.ts';

/** Heats and blocks of a confirmation at most, together. */
export const mostBlocks = 60;
/** Heats of a race that has no noise. */
export const exactHeats = 3;

/**
 * Every trial that a race could come to run; its journal has this plan, and those of its trials that ran.
 * @param heats what is raced @param full what the winner is confirmed on
 */
export function racePlan(
  field: readonly Proposal[],
  heats: MeasuringWorkloads,
  full: MeasuringWorkloads,
  seed: number,
  engine: ChosenEngine['name'],
): Plan {
  const configurations = field.map((proposal) => configurationOf(proposal.settings));
  const data = heats.data;
  const workloads = [heats.whole, full.whole, heats.read, heats.write, data].filter(
    (workload) => workload !== undefined,
  );
  const looks = Array.from({ length: mostBlocks }, (_, index) => index + 1);
  return buildPlan({
    workloads: [...new Set(workloads)],
    configurations: (workload) => (workload === data ? dataReadSettings.map(configurationOf) : configurations),
    repetitions: engine === 'simulated' ? exactHeats : mostBlocks,
    ...(engine === 'simulated' ? {} : { looks }),
    seed,
    engine,
  });
}
