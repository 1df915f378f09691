import { join } from 'node:path';
import { loadProfile } from '../../src/workload/load-profile.ts';
import { resolveWorkload } from '../../src/workload/resolve-workload.ts';
import type { Workload } from '../../src/workload/workload.ts';

/** A workload of this directory by name; the program runs in the repository's root. */
export async function studyWorkload(name: string): Promise<Workload> {
  const path = join('bench', 'verdicts', 'workloads', `${name}.yaml`);
  return resolveWorkload(await loadProfile(path, process.cwd()));
}
