import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseProfile } from '../../src/workload/parse-profile.ts';
import { resolveWorkload } from '../../src/workload/resolve-workload.ts';
import type { Workload } from '../../src/workload/workload.ts';

/** A workload of this directory by name; the program runs in the repository's root. */
export function studyWorkload(name: string): Workload {
  const path = join('bench', 'verdicts', 'workloads', `${name}.yaml`);
  return resolveWorkload(parseProfile(path, readFileSync(path, 'utf8'), name));
}
