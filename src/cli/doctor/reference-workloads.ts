import { loadProfile } from '../../workload/load-profile.ts';
import { resolveWorkload } from '../../workload/resolve-workload.ts';
import type { Workload } from '../../workload/workload.ts';

const GiB = 2 ** 30;

/** A shipped profile cut down so that a block of two trials takes about a second. */
interface Reference {
  readonly name: string;
  readonly title: string;
  readonly profile: string;
  readonly diskBytes: number;
  /** Of the profile's last phase, the measured one. */
  readonly requests: number;
  readonly syncEvery?: number;
  readonly warmUp: { readonly requests?: number; readonly phases?: number; readonly because: string };
}

/** The fastest requests that there are, and requests that reach the disk: what a run meets lies in between. */
const references: readonly Reference[] = [
  {
    name: 'cached reads',
    title: 'random 4 KiB reads of 4 GiB whose L2 tables are all in the cache',
    profile: 'random-read',
    diskBytes: 4 * GiB,
    requests: 20_000,
    warmUp: { phases: 1, because: 'Each L2 entry is read once.' },
  },
  {
    name: 'writes and flushes',
    title: 'random 4 KiB writes in place to 1 GiB, a flush after every 16',
    profile: 'random-write',
    diskBytes: GiB,
    requests: 800,
    syncEvery: 16,
    // 32 reads of the first phase, and the first writes of a process, which are slow as its memory and the kernel's fill.
    warmUp: { requests: 32 + 64, because: 'Each L2 entry is read once, and the process has begun to write.' },
  },
];

/** The workloads that a machine's noise is measured with. */
export async function referenceWorkloads(cwd: string): Promise<readonly Workload[]> {
  return Promise.all(
    references.map(async ({ name, title, profile: shipped, diskBytes, requests, syncEvery, warmUp }) => {
      const profile = await loadProfile(shipped, cwd);
      if (profile.kind !== 'patterns') throw new RangeError(`the profile ${shipped} is one of patterns`);
      const last = profile.phases.length - 1;
      const phases = profile.phases.map((phase, index) =>
        index < last || phase.pattern !== 'random'
          ? phase
          : { ...phase, requests, ...(syncEvery === undefined ? {} : { syncEvery }) },
      );
      return resolveWorkload({ ...profile, name, title, phases, warmUp }, { diskBytes });
    }),
  );
}
