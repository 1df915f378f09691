import type { Argv } from 'yargs';
import type { Profile } from '../../workload/profile.ts';
import type { TraceOptions } from '../../workload/trace/trace-options.ts';
import type { Workload } from '../../workload/workload.ts';
import { optionalBytes, optionalInteger } from '../args.ts';
import type { Host } from '../host.ts';
import { readProfile } from '../read-profile.ts';
import { checkTraceOptions, declareTraceOptions, traceOptionsOf } from '../trace-options.ts';

type Args = Readonly<Record<string, unknown>>;

/** Declares the workload that an action reads, and how it is read. */
export function sourceOptions(yargs: Argv): Argv {
  return declareTraceOptions(yargs)
    .positional('source', {
      type: 'string',
      describe: 'a name of the list, NAME:key=value,…, a trace of any format, a fio job file, or a profile in YAML',
    })
    .option('disk', {
      type: 'string',
      describe: 'virtual size of the disk in place of the profile’s',
      requiresArg: true,
    })
    .option('seed', { type: 'string', describe: 'seed in place of the profile’s', requiresArg: true });
}

/** @throws UsageError, InputError as {@link readProfile} and {@link resolveWorkload} do */
export async function loadSource(
  source: string,
  args: Args,
  host: Host,
): Promise<{ readonly profile: Profile; readonly workload: Workload; readonly options: TraceOptions }> {
  const diskBytes = optionalBytes(args, 'disk');
  const seed = optionalInteger(args, 'seed', 0, Number.MAX_SAFE_INTEGER);
  const { resolveWorkload } = await import('../../workload/resolve-workload.ts');
  const options = traceOptionsOf(args);
  const profile = await readProfile(source, diskBytes, options, host);
  checkTraceOptions(options, profile.kind === 'recorded');
  const workload = resolveWorkload(profile, {
    ...(diskBytes === undefined ? {} : { diskBytes }),
    ...(seed === undefined ? {} : { seed }),
    asRecorded: true,
  });
  return { profile, workload, options };
}
