import type { Argv } from 'yargs';
import { type ExportKind, exportKinds } from '../../engine/storage-daemon/export.ts';
import { UsageError } from '../../errors.ts';
import { type Load, serialLoad } from '../../workload/load.ts';
import type { Workload } from '../../workload/workload.ts';
import { optionalInteger, optionalString, stringList } from '../args.ts';

type Args = Readonly<Record<string, unknown>>;

/** How requests are to be offered, in place of what the workloads say themselves. */
export interface LoadSettings {
  readonly iodepth: number | undefined;
  readonly jobCount: number | undefined;
  readonly exportKind: ExportKind | undefined;
  /** Requests start at their recorded times over this factor; `asap` as fast as they go. */
  readonly replaySpeed: number | 'asap' | undefined;
  /** Profiles and traces that run beside the measured one. */
  readonly neighbours: readonly string[];
}

/** Where nothing is asked for. */
export const noLoadSettings: LoadSettings = {
  iodepth: undefined,
  jobCount: undefined,
  exportKind: undefined,
  replaySpeed: undefined,
  neighbours: [],
};

const largestSpeed = 1e6;

/** Declares them. */
export function declareLoadOptions(yargs: Argv): Argv {
  const group = 'Several requests at once (fio on a qemu-storage-daemon export):';
  return yargs
    .option('iodepth', {
      group,
      type: 'string',
      requiresArg: true,
      describe: 'Requests of a job in flight at once, 1 to 1024; as the workload says, else 1',
    })
    .option('jobs', {
      group,
      type: 'string',
      requiresArg: true,
      describe: 'Deal the requests out to this many jobs side by side, 1 to 64',
    })
    .option('replay-speed', {
      group,
      type: 'string',
      requiresArg: true,
      describe: 'Start requests of a trace at their recorded times divided by FACTOR; asap: as fast as they go',
    })
    .option('neighbour', {
      group,
      type: 'string',
      requiresArg: true,
      describe: 'A workload that keeps another disk of the same QEMU busy meanwhile; may be repeated',
    })
    .option('export', {
      group,
      choices: exportKinds,
      requiresArg: true,
      describe: 'How fio gets at the disk: nbd over a Unix socket (the default), or a file on FUSE',
    });
}

/** @throws UsageError naming the option */
export function loadSettings(args: Args): LoadSettings {
  const exported = optionalString(args, 'export');
  return {
    iodepth: optionalInteger(args, 'iodepth', 1, 1024),
    jobCount: optionalInteger(args, 'jobs', 1, 64),
    exportKind: exportKinds.find((kind) => kind === exported),
    replaySpeed: replaySpeed(args),
    neighbours: stringList(args, 'neighbour'),
  };
}

function replaySpeed(args: Args): LoadSettings['replaySpeed'] {
  const text = optionalString(args, 'replay-speed');
  if (text === undefined || text === 'asap') return text;
  const factor = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (factor > 0 && factor <= largestSpeed) return factor;
  throw new UsageError(`--replay-speed: "${text}" is neither asap nor a factor above 0 and up to ${largestSpeed}`, {
    hint: '1 is as recorded, 2 twice as fast.',
  });
}

/** The options that only fio can follow, as they were given; undefined where none was. */
export function fioOnlyOption({ exportKind, neighbours }: LoadSettings): string | undefined {
  if (exportKind !== undefined) return '--export';
  return neighbours.length > 0 ? '--neighbour' : undefined;
}

/**
 * The workload as it is offered under these settings: with its own load where they do not say, and another name and another
 * identity where they do.
 * @throws UsageError where they do not go with it
 */
export function offerWorkload(workload: Workload, settings: LoadSettings, neighbours: readonly Workload[]): Workload {
  const { iodepth, jobCount, exportKind } = settings;
  const speed = settings.replaySpeed;
  if (typeof speed === 'number' && workload.isTimed !== true) {
    throw new UsageError(`--replay-speed: the requests of ${workload.name} have no times`, {
      hint: 'Leave it out; a trace with times has them.',
    });
  }
  const parts = workload.parts ?? [];
  if (jobCount !== undefined && parts.length > 0) {
    throw new UsageError(`--jobs: ${workload.name} has ${parts.length} jobs of its own`, { hint: 'Leave --jobs out.' });
  }
  const given = {
    ...(iodepth === undefined ? {} : { iodepth }),
    ...(jobCount === undefined ? {} : { jobs: jobCount }),
    ...(exportKind === undefined ? {} : { export: exportKind }),
    ...(speed === undefined ? {} : { 'replay-speed': speed }),
  };
  const words = [
    ...Object.entries(given).map(([name, value]) => `${name}=${value}`),
    ...neighbours.map(({ name }) => `neighbour=${name}`),
  ];
  if (words.length === 0) return workload;
  const identity = {
    workload: workload.identity,
    ...given,
    ...(neighbours.length === 0 ? {} : { neighbours: neighbours.map(identityOf) }),
  };
  return {
    ...workload,
    name: `${workload.name}@${words.join(',')}`,
    identity,
    ...(parts.length === 0
      ? { load: changed(workload.load ?? serialLoad, settings) }
      : { parts: parts.map((part) => ({ ...part, load: changed(part.load, settings) })) }),
  };
}

function changed(load: Load, { iodepth, jobCount, replaySpeed: speed }: LoadSettings): Load {
  const { replaySpeed: own, ...rest } = load;
  const kept = speed ?? own;
  return {
    ...rest,
    ...(iodepth === undefined ? {} : { iodepth }),
    ...(jobCount === undefined ? {} : { jobCount }),
    ...(kept === undefined || kept === 'asap' ? {} : { replaySpeed: kept }),
  };
}

function identityOf({ identity, diskBytes, seed, image, load }: Workload) {
  return { identity, diskBytes, seed, image, load: load ?? null };
}
