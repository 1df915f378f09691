import { UsageError } from '../../errors.ts';
import type { QemuVersion } from '../../settings/qemu-version.ts';
import { parseDuration } from '../../units/duration.ts';
import { flag, optionalBytes, optionalInteger, optionalString, qemuVersionOption, stringList } from '../args.ts';
import { type ShardSettings, shardSettings } from './shard-option.ts';

/** What the options of `qtune run` ask for, before any file was read. */
export interface RunSettings extends ShardSettings {
  /** Profiles whose experiment is wanted too. */
  readonly profiles: readonly string[];
  /** Profiles and traces of which only the requests are wanted. */
  readonly workloads: readonly string[];
  readonly diskBytes: number | undefined;
  readonly create: readonly string[];
  readonly drive: readonly string[];
  readonly backing: { readonly name: string; readonly format: 'raw' | 'qcow2' | undefined } | undefined;
  readonly repetitions: number | undefined;
  readonly engine: 'auto' | 'qemu-io' | 'simulated';
  /** The QEMU that the simulated engine models. */
  readonly modelledQemu: QemuVersion | undefined;
  readonly out: string | undefined;
  /** Where the host I/O of the one cell goes. */
  readonly ioLog: string | undefined;
  readonly resume: boolean;
  readonly dryRun: boolean;
  readonly qemuDirectory: string | undefined;
  readonly seed: number | undefined;
  readonly timeLimitMs: number;
  /** Processors for the measured process: undefined for one by default, null for any. */
  readonly cpus: readonly number[] | null | undefined;
  readonly traceHostIo: boolean;
  readonly json: boolean;
}

/** Repetitions where neither flag nor profile says: the fewest that give a 95 % interval of the median. */
export const defaultRepetitions = 6;
const defaultTimeLimitMs = 600_000;

/** Turns the parsed options into settings. @throws UsageError naming the option */
export function runSettings(args: Readonly<Record<string, unknown>>): RunSettings {
  const profiles = stringList(args, 'profile');
  const workloads = stringList(args, 'workload');
  if (profiles.length + workloads.length === 0) {
    throw new UsageError('say which workload to run', {
      hint: 'Name a profile, e.g. `qtune run l2-cache-20g`; `qtune workload list` shows all of them.',
    });
  }
  const timeLimit = optionalString(args, 'time-limit');
  return {
    profiles,
    workloads,
    diskBytes: optionalBytes(args, 'disk'),
    create: stringList(args, 'create'),
    drive: stringList(args, 'drive'),
    backing: backing(args),
    repetitions: optionalInteger(args, 'repetitions', 1, 10_000),
    engine: engineOf(args),
    modelledQemu: qemuVersionOption(args),
    out: optionalString(args, 'out'),
    ioLog: optionalString(args, 'io-log'),
    ...shardSettings(args),
    resume: flag(args, 'resume'),
    dryRun: flag(args, 'dry-run'),
    qemuDirectory: optionalString(args, 'qemu'),
    seed: optionalInteger(args, 'seed', 0, Number.MAX_SAFE_INTEGER),
    timeLimitMs: timeLimit === undefined ? defaultTimeLimitMs : parseDuration(timeLimit, '--time-limit'),
    cpus: processors(args),
    traceHostIo: args['host-io'] !== false,
    json: flag(args, 'json'),
  };
}

function backing(args: Readonly<Record<string, unknown>>): RunSettings['backing'] {
  const name = optionalString(args, 'backing');
  const format = optionalString(args, 'backing-format');
  if (name === undefined) {
    if (format !== undefined) throw new UsageError('--backing-format says nothing without --backing FILE');
    return undefined;
  }
  if (format !== undefined && format !== 'raw' && format !== 'qcow2') {
    throw new UsageError(`--backing-format: "${format}" is neither raw nor qcow2`);
  }
  return { name, format };
}

function engineOf(args: Readonly<Record<string, unknown>>): RunSettings['engine'] {
  const name = optionalString(args, 'engine') ?? 'auto';
  if (name === 'auto' || name === 'qemu-io' || name === 'simulated') return name;
  throw new UsageError(`--engine: "${name}" is none of auto, qemu-io, simulated`);
}

function processors(args: Readonly<Record<string, unknown>>): RunSettings['cpus'] {
  if (optionalString(args, 'cpu') === 'none') return null;
  const cpu = optionalInteger(args, 'cpu', 0, 65_535);
  return cpu === undefined ? undefined : [cpu];
}
