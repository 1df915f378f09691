import { UsageError } from '../../errors.ts';
import type { QemuVersion } from '../../settings/qemu-version.ts';
import { defaultErrorRate } from '../../stats/family.ts';
import { interleavedThresholdRatio } from '../../stats/verdict.ts';
import { parseDuration } from '../../units/duration.ts';
import {
  flag,
  optionalBytes,
  optionalInteger,
  optionalPercent,
  optionalString,
  qemuVersionOption,
  stringList,
} from '../args.ts';
import { type GivenTraceOptions, traceOptionsOf } from '../trace-options.ts';
import type { DecisionSettings } from './decider.ts';
import { type LoadSettings, loadSettings } from './load-options.ts';
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
  readonly engine: 'auto' | 'qemu-io' | 'fio' | 'simulated';
  /** The QEMU that the simulated engine models. */
  readonly modelledQemu: QemuVersion | undefined;
  /** Journals: one for each build of QEMU, or none named. */
  readonly out: readonly string[];
  /** Where the host I/O of the one cell goes. */
  readonly ioLog: string | undefined;
  readonly resume: boolean;
  readonly dryRun: boolean;
  /** Directories of the builds of QEMU to measure; the one on PATH where empty. */
  readonly qemuDirectories: readonly string[];
  /** Length of the slices in which the trials of a block take turns; undefined where one runs after the other. */
  readonly sliceMs: number | undefined;
  /** Blocks are added until every comparison is decided. */
  readonly untilDecided: DecisionSettings | undefined;
  readonly seed: number | undefined;
  readonly timeLimitMs: number;
  /** Processors for the measured process: undefined for one by default, null for any. */
  readonly cpus: readonly number[] | null | undefined;
  readonly traceHostIo: boolean;
  /** How requests are offered. */
  readonly load: LoadSettings;
  /** How traces among the workloads are read. */
  readonly trace: GivenTraceOptions;
  readonly json: boolean;
}

/** Repetitions where neither flag nor profile says: the fewest that give a 95 % interval of the median. */
export const defaultRepetitions = 6;
const defaultTimeLimitMs = 600_000;
/**
 * Long enough for thousands of requests and for the processor's caches to be a small part of it, and so short that few
 * slices have a stall in them.
 */
export const defaultSliceMs = 10;
const defaultBudgetMs = 300_000;

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
    out: stringList(args, 'out'),
    ioLog: optionalString(args, 'io-log'),
    ...shardSettings(args),
    resume: flag(args, 'resume'),
    dryRun: flag(args, 'dry-run'),
    ...buildsOf(args),
    sliceMs: sliceOf(args),
    untilDecided: untilDecided(args),
    seed: optionalInteger(args, 'seed', 0, Number.MAX_SAFE_INTEGER),
    timeLimitMs: timeLimit === undefined ? defaultTimeLimitMs : parseDuration(timeLimit, '--time-limit'),
    cpus: processors(args),
    traceHostIo: args['host-io'] !== false,
    load: loadSettings(args),
    trace: traceOptionsOf(args),
    json: flag(args, 'json'),
  };
}

/** @throws UsageError for more than two builds, or journals that do not match them */
function buildsOf(args: Readonly<Record<string, unknown>>): Pick<RunSettings, 'qemuDirectories'> {
  const qemuDirectories = stringList(args, 'qemu');
  const out = stringList(args, 'out');
  if (qemuDirectories.length > 2) {
    throw new UsageError('--qemu: two builds can be measured next to each other, not more', {
      hint: 'Compare each of the others with the first in a run of its own.',
    });
  }
  if (out.length > 1 && out.length !== qemuDirectories.length) {
    throw new UsageError(`--out: ${out.length} journals, but ${Math.max(1, qemuDirectories.length)} QEMU to measure`, {
      hint: 'Each build has a journal of its own: --qemu A --qemu B --out a.ndjson --out b.ndjson.',
    });
  }
  if (qemuDirectories.length === 2 && out.length === 1) {
    throw new UsageError('--out: each of the two builds has a journal of its own', {
      hint: 'Name both: --out a.ndjson --out b.ndjson.',
    });
  }
  return { qemuDirectories };
}

function sliceOf(args: Readonly<Record<string, unknown>>): number | undefined {
  const text = optionalString(args, 'slice');
  if (text === 'off') return undefined;
  if (text === undefined) return defaultSliceMs;
  const ms = parseDuration(text, '--slice');
  if (ms >= 1 && ms <= 60_000) return ms;
  throw new UsageError(`--slice: "${text}" is not between 1ms and 60s`, {
    hint: 'Write 10ms, or off for whole trials.',
  });
}

function untilDecided(args: Readonly<Record<string, unknown>>): DecisionSettings | undefined {
  const [text] = stringList(args, 'until-decided');
  const rest = ['threshold', 'error-rate', 'base'].filter((key) => args[key] !== undefined);
  if (text === undefined) {
    if (rest.length > 0) throw new UsageError(`--${rest[0]} says nothing without --until-decided`);
    return undefined;
  }
  if (sliceOf(args) === undefined) {
    throw new UsageError('--until-decided needs slices, and --slice is off', { hint: 'Leave --slice out.' });
  }
  const base = optionalString(args, 'base');
  if (base !== undefined && stringList(args, 'qemu').length > 1) {
    throw new UsageError('--base: with two --qemu each configuration is compared with itself under the first', {
      hint: 'Leave --base out.',
    });
  }
  return {
    budgetMs: text === '' ? defaultBudgetMs : parseDuration(text, '--until-decided'),
    thresholdRatio: optionalPercent(args, 'threshold', 0.01, 100) ?? interleavedThresholdRatio,
    errorRate: optionalPercent(args, 'error-rate', 0.001, 50) ?? defaultErrorRate,
    ...(base === undefined ? {} : { base }),
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
  if (name === 'auto' || name === 'qemu-io' || name === 'fio' || name === 'simulated') return name;
  throw new UsageError(`--engine: "${name}" is none of auto, qemu-io, fio, simulated`);
}

function processors(args: Readonly<Record<string, unknown>>): RunSettings['cpus'] {
  if (optionalString(args, 'cpu') === 'none') return null;
  const cpu = optionalInteger(args, 'cpu', 0, 65_535);
  return cpu === undefined ? undefined : [cpu];
}
