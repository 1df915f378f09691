import { resolve } from 'node:path';
import { processHost } from '../../src/cli/process-host.ts';
import { executePlan } from '../../src/cli/run/execute.ts';
import { findQemu } from '../../src/cli/run/open-engine.ts';
import { runSettings } from '../../src/cli/run/settings.ts';
import { estimatePlan } from '../../src/trial/estimate.ts';
import type { Plan } from '../../src/trial/plan.ts';

/** Measures what is left of the plan with QEMU, into a journal as `qtune run` writes it. */
export async function measure(plan: Plan, name: string): Promise<void> {
  const host = { ...processHost(), argv: [] };
  const settings = runSettings({ profile: ['study'], resume: true, 'host-io': false, 'time-limit': '60s' });
  const qemu = await findQemu(settings, host);
  const chosen = { name: 'qemu-io', version: qemu.version, open: () => qemu.open() } as const;
  const estimate = estimatePlan(plan, { traceHostIo: false });
  await executePlan(plan, estimate, { path: resolve(name), name }, { settings, chosen, host });
}
