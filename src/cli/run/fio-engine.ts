import { createFioEngine } from '../../engine/fio/fio-engine.ts';
import { findFio, howToGetFio } from '../../engine/fio/fio-tool.ts';
import { depthOf, needsLoadGenerator } from '../../engine/fio/job-plan.ts';
import { howToGetQemu } from '../../engine/tools.ts';
import { EnvironmentError, UsageError } from '../../errors.ts';
import type { Workload } from '../../workload/workload.ts';
import type { Host } from '../host.ts';
import type { RunRows } from './build-plan.ts';
import { fioOnlyOption, type LoadSettings } from './load-options.ts';
import type { FoundQemu, MakeEngine } from './open-engine.ts';
import type { RunSettings } from './settings.ts';

/** What the workloads of a run ask of a load generator. */
export interface RunLoad {
  /** Whether one request at a time would not do. */
  readonly isNeeded: boolean;
  /** Who asks for it, for messages: a workload or an option. */
  readonly asker: string;
  readonly settings: LoadSettings;
  readonly neighbours: readonly Workload[];
  readonly depths: readonly number[];
}

/** Depths at which fio's own cost is measured before the first trial. */
const mostDepths = 4;

/** @throws UsageError where an option asks for what the engine that was asked for cannot do */
export function runLoad({ rows, neighbours }: RunRows, { load, engine }: RunSettings): RunLoad {
  const option = fioOnlyOption(load);
  if (option !== undefined && engine !== 'auto' && engine !== 'fio') {
    throw new UsageError(`${option} is for the fio engine, and --engine is ${engine}`, { hint: 'Leave --engine out.' });
  }
  const asking = rows.find(({ workload }) => needsLoadGenerator(workload))?.workload.name;
  const depths = [...new Set(rows.map(({ workload }) => depthOf(workload)))].slice(0, mostDepths);
  return {
    isNeeded: option !== undefined || asking !== undefined,
    asker: asking ?? option ?? '--engine fio',
    settings: load,
    neighbours,
    depths,
  };
}

/**
 * How to make the fio engine.
 * @param isChosen nobody asked for it by name, so that messages say why it is needed
 * @throws EnvironmentError where fio, its nbd engine or the storage daemon is missing, with what to type
 */
export async function fioEngine(
  qemu: FoundQemu,
  load: RunLoad | undefined,
  isChosen: boolean,
  host: Host,
): Promise<MakeEngine> {
  const why = isChosen ? `${load?.asker ?? 'the run'} asks for more than one request after the other, and ` : '';
  const otherwise = isChosen ? ' Or run one request at a time: --engine qemu-io.' : '';
  const missing = (what: string, hint: string | undefined): EnvironmentError =>
    new EnvironmentError(`${why}${what}`, { hint: `${hint ?? ''}${otherwise}`.trim() });
  if (!qemu.hasStorageDaemon) throw missing('qemu-storage-daemon is not there', howToGetQemu());
  const fio = await findFio(host.env, host.signal).catch((error: unknown) => {
    throw error instanceof EnvironmentError ? missing(error.message, error.hint) : error;
  });
  const exportKind = load?.settings.exportKind ?? 'nbd';
  if (exportKind === 'nbd' && !fio.hasNbd) {
    throw missing(
      `this fio ${fio.version} was built without its nbd engine`,
      `${howToGetFio()}, or use --export fuse.`,
    );
  }
  const { neighbours = [], depths = [] } = load ?? {};
  return (found) => createFioEngine({ ...found, fio, exportKind, neighbours, depths });
}
