import { resolve } from 'node:path';
import { processHost } from '../../src/cli/process-host.ts';
import { chooseEngine } from '../../src/cli/run/choose-engine.ts';
import { executePlan } from '../../src/cli/run/execute.ts';
import { runSettings } from '../../src/cli/run/settings.ts';
import { estimatePlan } from '../../src/trial/estimate.ts';
import type { Plan } from '../../src/trial/plan.ts';

/** Measures what is left of the plan with QEMU, into a journal as `qtune run` writes it. */
export async function measure(plan: Plan, name: string): Promise<void> {
  const host = { ...processHost(), argv: [] };
  const rest = { resume: true, 'host-io': false, 'time-limit': '60s', slice: 'off' };
  const settings = runSettings({ profile: ['study'], ...rest });
  const chosen = await chooseEngine({ ...settings, engine: 'qemu-io' }, undefined, host);
  const estimate = estimatePlan(plan, { traceHostIo: false });
  await executePlan(plan, estimate, [{ chosen, journal: { path: resolve(name), name } }], { settings, host });
}
