import type { AdviceRequest } from '../../advisor/advice-request.ts';
import type { BlendPart } from '../../advisor/blend/blend.ts';
import { findTraits, type WorkloadTraits, workloadTraits } from '../../advisor/workload-traits.ts';
import { UsageError } from '../../errors.ts';
import { flag, optionalInteger, stringList } from '../args.ts';
import type { Host } from '../host.ts';
import { readProfile } from '../read-profile.ts';
import { tellWarnings } from '../tell-warnings.ts';
import { checkTraceOptions, type GivenTraceOptions, traceOptionsOf } from '../trace-options.ts';

type Args = Readonly<Record<string, unknown>>;

const largestWeight = 1e6;

/**
 * The workload of `--workload`, or what was observed where there is no such option; or the blend where it is given several times, each with its weight: `--workload database=3`.
 * @throws UsageError for names and weights, InputError for a trace with its line
 */
export async function workloadsOf(
  args: Args,
  diskBytes: number,
  host: Host,
  observed?: WorkloadTraits,
): Promise<Pick<AdviceRequest, 'traits' | 'workload' | 'blend'>> {
  if (observed && args.workload === undefined) {
    checkTraceOptions(traceOptionsOf(args), false);
    return { traits: observed };
  }
  const asked = askedWorkloads(args);
  const isRobust = flag(args, 'robust');
  if (isRobust && asked.length < 2) {
    throw new UsageError('--robust: the worst of several workloads decides, and there is one', {
      hint: 'Give --workload more than once.',
    });
  }
  const trace = traceOptionsOf(args);
  const seed = optionalInteger(args, 'seed', 0, Number.MAX_SAFE_INTEGER);
  const parts: (BlendPart & { readonly isRecorded: boolean })[] = [];
  for (const one of asked) parts.push(await readPart(one, { diskBytes, seed, trace, host }));
  checkTraceOptions(
    trace,
    parts.some(({ isRecorded }) => isRecorded),
  );
  const [only] = parts;
  if (only !== undefined && parts.length === 1) {
    return { traits: only.traits, ...(only.workload ? { workload: only.workload } : {}) };
  }
  const { blendTraits } = await import('../../advisor/blend/blend-traits.ts');
  return { traits: blendTraits(parts, diskBytes), blend: { parts, isRobust } };
}

interface AskedWorkload {
  readonly name: string;
  readonly weight: number;
}

function askedWorkloads(args: Args): readonly AskedWorkload[] {
  const texts = stringList(args, 'workload');
  if (texts.some((text) => text === '')) throw new UsageError('--workload has no value');
  const asked = (texts.length === 0 ? ['general'] : texts).map(askedWorkload);
  for (const [index, { name }] of asked.entries()) {
    if (asked.findIndex((other) => other.name === name) === index) continue;
    throw new UsageError(`--workload: ${name} is given twice`, { hint: `Give it once, with its weight: ${name}=2.` });
  }
  return asked;
}

/** `NAME` or `NAME=WEIGHT`; a name that ends like a weight is written with one: `trace=1=1`. */
function askedWorkload(text: string): AskedWorkload {
  const match = /^(.+)=([\d.]+)$/s.exec(text);
  if (match === null) return { name: text, weight: 1 };
  const [, name = '', number = ''] = match;
  const weight = /^(\d{1,9}(\.\d{1,9})?|\.\d{1,9})$/.test(number) ? Number(number) : Number.NaN;
  if (weight > 0 && weight <= largestWeight) return { name, weight };
  throw new UsageError(`--workload: "${number}" is not a weight above 0 and up to ${largestWeight}`, {
    hint: `Weights count in proportion to each other: ${name}=3.`,
  });
}

interface ReadOptions {
  readonly diskBytes: number;
  readonly seed: number | undefined;
  readonly trace: GivenTraceOptions;
  readonly host: Host;
}

/** A plain word, or else a shipped profile or a file, whose own requests tell its traits. */
async function readPart(
  { name, weight }: AskedWorkload,
  { diskBytes, seed, trace, host }: ReadOptions,
): Promise<BlendPart & { readonly isRecorded: boolean }> {
  const traits = findTraits(name);
  if (traits) return { traits, weight, isRecorded: false };
  const { resolveWorkload } = await import('../../workload/resolve-workload.ts');
  const { traitsOfRequests } = await import('../../advisor/requests-traits.ts');
  try {
    const profile = await readProfile(name, diskBytes, trace, host);
    const isRecorded = profile.kind === 'recorded';
    const workload = resolveWorkload(profile, { diskBytes, ...(seed === undefined ? {} : { seed }) });
    tellWarnings(host, workload.warnings);
    return { traits: traitsOfRequests(workload), workload, weight, isRecorded };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const words = workloadTraits.map((known) => known.name).join(', ');
    throw new UsageError(`--workload: ${error.message}`, {
      hint: `${error.hint ?? ''} Plain words are ${words}.`.trim(),
    });
  }
}
