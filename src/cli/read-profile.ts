import type { Profile } from '../workload/profile.ts';
import type { TraceOptions } from '../workload/trace/trace-options.ts';
import type { Host } from './host.ts';
import { Progress } from './progress.ts';

/** Loads a workload with progress on standard error, since a trace may be long. See loadProfile. */
export async function readProfile(
  nameOrFile: string,
  diskBytes: number | undefined,
  options: TraceOptions,
  host: Host,
): Promise<Profile> {
  const { loadProfile } = await import('../workload/load-profile.ts');
  const progress = new Progress(host);
  try {
    return await loadProfile(nameOrFile, host.cwd, diskBytes, options, host.signal, (doneRatio) =>
      progress.update(doneRatio, `reading ${nameOrFile}`),
    );
  } finally {
    progress.done();
  }
}
