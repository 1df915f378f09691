import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadProfile } from '../../src/workload/load-profile.ts';
import { resolveWorkload } from '../../src/workload/resolve-workload.ts';
import type { Workload } from '../../src/workload/workload.ts';

/** The study's workloads in order of name. @param root the repository: the program runs from where it is compiled to */
export async function studyWorkloads(root: string): Promise<readonly Workload[]> {
  const directory = join(root, 'bench', 'study', 'workloads');
  const names = (await readdir(directory)).filter((name) => name.endsWith('.yaml')).sort();
  return Promise.all(names.map(async (name) => resolveWorkload(await loadProfile(join(directory, name), root))));
}
