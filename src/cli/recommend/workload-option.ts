import type { AdviceRequest } from '../../advisor/advice-request.ts';
import { findTraits, workloadTraits } from '../../advisor/workload-traits.ts';
import { UsageError } from '../../errors.ts';
import { optionalInteger, optionalString } from '../args.ts';
import type { Host } from '../host.ts';
import { readProfile } from '../read-profile.ts';
import { tellWarnings } from '../tell-warnings.ts';
import { checkTraceOptions, traceOptionsOf } from '../trace-options.ts';

type Args = Readonly<Record<string, unknown>>;

/** A plain word, or else a shipped profile or a file, whose own requests tell its traits. */
export async function workloadOf(
  args: Args,
  diskBytes: number,
  host: Host,
): Promise<Pick<AdviceRequest, 'traits' | 'workload'>> {
  const name = optionalString(args, 'workload') ?? 'general';
  const traits = findTraits(name);
  if (traits) {
    checkTraceOptions(traceOptionsOf(args), false);
    return { traits };
  }
  const { resolveWorkload } = await import('../../workload/resolve-workload.ts');
  const { traitsOfRequests } = await import('../../advisor/requests-traits.ts');
  const seed = optionalInteger(args, 'seed', 0, Number.MAX_SAFE_INTEGER);
  const trace = traceOptionsOf(args);
  try {
    const profile = await readProfile(name, diskBytes, trace, host);
    checkTraceOptions(trace, profile.kind === 'recorded');
    const workload = resolveWorkload(profile, { diskBytes, ...(seed === undefined ? {} : { seed }) });
    tellWarnings(host, workload.warnings);
    return { traits: traitsOfRequests(workload), workload };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`--workload: ${error.message}`, {
      hint: `${error.hint ?? ''} Plain words are ${workloadTraits.map((traits) => traits.name).join(', ')}.`.trim(),
    });
  }
}
