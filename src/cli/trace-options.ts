import type { Argv } from 'yargs';
import { UsageError } from '../errors.ts';
import { parseBytes } from '../units/bytes.ts';
import { parseDuration } from '../units/duration.ts';
import { type TraceFormatName, traceFormatNames } from '../workload/trace/trace-format.ts';
import { defaultTraceOptions, fitNames, type TraceOptions } from '../workload/trace/trace-options.ts';
import { optionalInteger, optionalString } from './args.ts';

type Args = Readonly<Record<string, unknown>>;

const events = ['queue', 'issue'] as const;
const largestSpeed = 1e6;

/** Declares how a trace is read, for every command that reads a workload. */
export function declareTraceOptions(yargs: Argv): Argv {
  const group = 'Reading a trace:';
  // Named here so that it comes before the group of traces.
  return yargs
    .group([], 'Options:')
    .option('format', {
      group,
      choices: traceFormatNames,
      requiresArg: true,
      describe: 'Its format; told by its content by default',
    })
    .option('device', { group, type: 'string', requiresArg: true, describe: 'Only requests of this device or file' })
    .option('event', {
      group,
      choices: events,
      requiresArg: true,
      describe: 'Of a block trace: requests as they were queued (the default), or as the device was sent them',
    })
    .option('from', { group, type: 'string', requiresArg: true, describe: 'Only from this time of the trace on: 90s' })
    .option('to', { group, type: 'string', requiresArg: true, describe: 'Only before this time of the trace: 5m' })
    .option('fit', {
      group,
      choices: fitNames,
      requiresArg: true,
      describe: 'Requests past the end of --disk: refuse them (the default), fold them back, or scale the whole trace',
    })
    .option('speed', {
      group,
      type: 'string',
      requiresArg: true,
      describe: 'Divide recorded times by this, for replay at recorded times: 2 is twice as fast',
    })
    .option('skip-bad', {
      group,
      type: 'string',
      requiresArg: true,
      describe: 'Pass over up to N bad lines or records',
    })
    .option('id-unit', {
      group,
      type: 'string',
      requiresArg: true,
      describe: 'Bytes of a block, where the trace has ids in place of offsets; 4K by default',
    });
}

const optionNames = ['format', 'device', 'event', 'from', 'to', 'fit', 'speed', 'skip-bad', 'id-unit'] as const;

/** How a trace is read, as the user gave it. */
export interface GivenTraceOptions extends TraceOptions {
  /** One of the options that were given, for {@link checkTraceOptions}. */
  readonly given?: string;
}

/** @throws UsageError naming the option */
export function traceOptionsOf(args: Args): GivenTraceOptions {
  const format = oneOf<TraceFormatName>(args, 'format', traceFormatNames);
  const device = optionalString(args, 'device');
  const fromMs = timeOf(args, 'from');
  const toMs = timeOf(args, 'to');
  if (toMs !== undefined && toMs <= (fromMs ?? 0)) {
    throw new UsageError(`--to: ${String(args.to)} is not behind --from`, { hint: 'Both are times of the trace.' });
  }
  const given = optionNames.find((name) => args[name] !== undefined);
  return {
    ...(given === undefined ? {} : { given }),
    ...(format === undefined ? {} : { format }),
    ...(device === undefined ? {} : { device }),
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
    event: oneOf(args, 'event', events) ?? defaultTraceOptions.event,
    fit: oneOf(args, 'fit', fitNames) ?? defaultTraceOptions.fit,
    speed: speedOf(args),
    skipBadCount: optionalInteger(args, 'skip-bad', 0, 1e12) ?? defaultTraceOptions.skipBadCount,
    idUnitBytes: idUnitOf(args),
  };
}

/**
 * @param isTrace whether any of the command's workloads is a trace
 * @throws UsageError for an option that then says nothing
 */
export function checkTraceOptions({ given }: GivenTraceOptions, isTrace: boolean): void {
  if (isTrace || given === undefined) return;
  throw new UsageError(`--${given} is for traces, and the workload is none`, { hint: `Leave out --${given}.` });
}

function oneOf<Name extends string>(args: Args, key: string, names: readonly Name[]): Name | undefined {
  const text = optionalString(args, key);
  const found = names.find((name) => name === text);
  if (text === undefined || found !== undefined) return found;
  throw new UsageError(`--${key}: "${text}" is none of ${names.join(', ')}`);
}

function timeOf(args: Args, key: 'from' | 'to'): number | undefined {
  const text = optionalString(args, key);
  if (text === undefined) return undefined;
  return /^0(ms|s|m|min|h)?$/.test(text) ? 0 : parseDuration(text, `--${key}`);
}

function speedOf(args: Args): number {
  const text = optionalString(args, 'speed');
  if (text === undefined) return defaultTraceOptions.speed;
  const speed = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  if (speed >= 1 / largestSpeed && speed <= largestSpeed) return speed;
  throw new UsageError(`--speed: "${text}" is not a factor between ${1 / largestSpeed} and ${largestSpeed}`, {
    hint: 'Write 2 for twice as fast, 0.5 for half.',
  });
}

function idUnitOf(args: Args): number {
  const text = optionalString(args, 'id-unit');
  const bytes = text === undefined ? defaultTraceOptions.idUnitBytes : parseBytes(text, '--id-unit');
  if (bytes >= 1 && bytes <= 2 ** 30) return bytes;
  throw new UsageError(`--id-unit: "${text}" is not between 1 byte and 1 GiB`);
}
