import type { EngineName } from '../../engine/engine.ts';
import type { Configuration } from '../../settings/configuration.ts';
import { buildConfigurations } from '../../settings/matrix.ts';
import { buildPlan, type Plan, type PlanBacking } from '../../trial/plan.ts';
import { loadProfile } from '../../workload/load-profile.ts';
import { resolveWorkload } from '../../workload/resolve-workload.ts';
import type { Workload } from '../../workload/workload.ts';
import { checkTraceOptions } from '../trace-options.ts';
import { defaultLooks } from './decider.ts';
import { offerWorkload } from './load-options.ts';
import { defaultRepetitions, type RunSettings } from './settings.ts';

/** One workload with what its profile says about the experiment. */
export interface RunRow {
  readonly workload: Workload;
  readonly isTrace: boolean;
  readonly configurations: readonly Configuration[];
  /** Where the profile says. */
  readonly repetitions: number | undefined;
  readonly published: unknown;
}

/** The workloads of a run, and those that are to run beside them. */
export interface RunRows {
  readonly rows: readonly RunRow[];
  readonly neighbours: readonly Workload[];
}

/** Decides the order of trials where --seed is not given. */
const defaultOrderSeed = 1;

/**
 * Reads the profiles. Flags go before what a profile's experiment says; `--workload` takes only the requests of a profile.
 *
 * @throws UsageError for settings, InputError for profiles
 */
export async function readRunRows(settings: RunSettings, cwd: string, signal?: AbortSignal): Promise<RunRows> {
  const flags =
    settings.create.length + settings.drive.length > 0
      ? buildConfigurations(settings.create, settings.drive)
      : undefined;
  const neighbours: Workload[] = [];
  for (const name of settings.load.neighbours) neighbours.push(await readNeighbour(name, settings, cwd, signal));
  const context = { settings, cwd, flags, neighbours, signal };
  const rows: RunRow[] = [];
  for (const name of settings.profiles) rows.push(await readRow(name, true, context));
  for (const name of settings.workloads) rows.push(await readRow(name, false, context));
  checkTraceOptions(
    settings.trace,
    rows.some(({ isTrace }) => isTrace),
  );
  return { rows, neighbours };
}

/**
 * Lays out the trials. A prediction is the same each time, so the simulated engine makes one unless told otherwise.
 * @throws UsageError for settings
 */
export function buildRunPlan(
  { rows }: RunRows,
  settings: RunSettings,
  backing: PlanBacking | undefined,
  engine: EngineName,
): Plan {
  const looks = engine === 'simulated' || settings.untilDecided === undefined ? undefined : looksOf(settings);
  const rowOf = new Map(rows.map((row) => [row.workload, row]));
  const published = new Map(
    rows.flatMap((row) => (row.published === undefined ? [] : [[row.workload.name, row.published] as const])),
  );
  const repetitions = (workload: Workload): number =>
    settings.repetitions ?? (engine === 'simulated' ? 1 : (rowOf.get(workload)?.repetitions ?? defaultRepetitions));
  return buildPlan({
    workloads: rows.map((row) => row.workload),
    configurations: (workload) => rowOf.get(workload)?.configurations ?? [],
    repetitions: (workload) => looks?.at(-1) ?? repetitions(workload),
    seed: settings.seed ?? defaultOrderSeed,
    engine,
    published,
    ...(looks ? { looks } : {}),
    ...(backing ? { backing } : {}),
  });
}

/** The default looks, up to the repetitions that were asked for, at which a last one is taken. */
function looksOf({ repetitions }: RunSettings): readonly number[] {
  if (repetitions === undefined) return defaultLooks;
  return [...defaultLooks.filter((look) => look < repetitions), repetitions];
}

interface RowContext {
  readonly settings: RunSettings;
  readonly cwd: string;
  readonly flags: readonly Configuration[] | undefined;
  readonly neighbours: readonly Workload[];
  readonly signal: AbortSignal | undefined;
}

async function readRow(
  name: string,
  withExperiment: boolean,
  { settings, cwd, flags, neighbours, signal }: RowContext,
): Promise<RunRow> {
  const profile = await loadProfile(name, cwd, settings.diskBytes, settings.trace, signal);
  const experiment = withExperiment ? profile.experiment : undefined;
  const workload = resolveWorkload(profile, {
    ...(settings.diskBytes === undefined ? {} : { diskBytes: settings.diskBytes }),
    ...(settings.seed === undefined ? {} : { seed: settings.seed }),
  });
  return {
    workload: offerWorkload(workload, settings.load, neighbours),
    isTrace: profile.kind === 'recorded',
    configurations: flags ?? buildConfigurations(experiment?.create ?? [], experiment?.drive ?? []),
    repetitions: experiment?.repetitions,
    published: withExperiment ? profile.published : undefined,
  };
}

/** On a disk of the size that the profile says, whatever the measured one has. */
async function readNeighbour(
  name: string,
  settings: RunSettings,
  cwd: string,
  signal: AbortSignal | undefined,
): Promise<Workload> {
  const profile = await loadProfile(name, cwd, undefined, undefined, signal);
  return resolveWorkload(profile, settings.seed === undefined ? {} : { seed: settings.seed });
}
