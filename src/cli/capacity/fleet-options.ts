import type { Argv } from 'yargs';
import { UsageError } from '../../errors.ts';
import type { Budget } from '../../fleet/split/split-fleet.ts';
import { optionalBytes, optionalInteger, optionalString, stringList } from '../args.ts';
import { strayArgumentHint } from '../stray-argument.ts';

type Args = Readonly<Record<string, unknown>>;

const group = 'Of a fleet (FLEET is CSV or JSON lines, - for standard input):';
const fleetOptions = ['budget', 'budget-per-host', 'curve', 'workload', 'skip-bad', 'out', 'html'] as const;
const diskOptions = ['disk', 'create', 'drive', 'chain', 'snapshots', 'count'] as const;

/** Declares what a fleet takes beside the options of one disk. */
export function declareFleetOptions(yargs: Argv): Argv {
  const text = { group, type: 'string', requiresArg: true } as const;
  return yargs
    .option('budget', { ...text, describe: 'Memory for all metadata caches, to be split between the disks: 16G' })
    .option('budget-per-host', { ...text, describe: 'The same for the disks of each host' })
    .option('workload', { ...text, describe: 'Workload of disks of which the file says none; general by default' })
    .option('curve', { ...text, describe: 'NAME=FILE: a workload of your own, by `qtune curve --json`; repeatable' })
    .option('skip-bad', { ...text, describe: 'Leave out up to N bad rows' })
    .option('out', { ...text, describe: 'Write every disk with its l2-cache-size to FILE.csv or FILE.jsonl' })
    .option('html', { ...text, describe: 'Write a self-contained page with tables and charts' });
}

export interface FleetSettings {
  readonly file: string;
  readonly budget: Budget | undefined;
  readonly curves: readonly { readonly name: string; readonly file: string }[];
  readonly workload: string | undefined;
  readonly skipCount: number;
  readonly out: { readonly path: string; readonly format: 'csv' | 'jsonl' } | undefined;
  readonly html: string | undefined;
}

/** The file of `capacity [fleet]`, `-` for standard input. */
export function fleetOperand(args: Args, argv: readonly string[]): string | undefined {
  // yargs makes an empty text of a lone hyphen.
  return args.fleet === '' && argv.includes('-') ? '-' : optionalString(args, 'fleet');
}

/** @throws UsageError naming an option that is only for the other kind of question */
export function checkFleetOptions(args: Args, fleet: string | undefined): void {
  const wrong = (fleet === undefined ? fleetOptions : diskOptions).find((name) => args[name] !== undefined);
  if (wrong === undefined) return;
  if (fleet === undefined) {
    throw new UsageError(`--${wrong} is for a fleet, and no file was named`, {
      hint: 'Name it: `qtune capacity fleet.csv --budget 16G`.',
    });
  }
  const message = `--${wrong} is for one disk. Unknown argument: ${fleet}`;
  throw new UsageError(message, { hint: strayArgumentHint(message, ['capacity']) });
}

/** @throws UsageError naming the option */
export function fleetSettings(args: Args, file: string): FleetSettings {
  return {
    file,
    budget: budgetOf(args),
    curves: stringList(args, 'curve').map(curveOf),
    workload: optionalString(args, 'workload'),
    skipCount: optionalInteger(args, 'skip-bad', 0, 1e12) ?? 0,
    out: outOf(args),
    html: optionalString(args, 'html'),
  };
}

function budgetOf(args: Args): Budget | undefined {
  const [all, each] = [optionalBytes(args, 'budget'), optionalBytes(args, 'budget-per-host')];
  if (all !== undefined && each !== undefined) {
    throw new UsageError('--budget and --budget-per-host are two ways to say it', { hint: 'Give one of them.' });
  }
  if (all !== undefined) return { bytes: all, scope: 'all' };
  return each === undefined ? undefined : { bytes: each, scope: 'host' };
}

function curveOf(text: string): { readonly name: string; readonly file: string } {
  const at = text.indexOf('=');
  if (at > 0 && at < text.length - 1) return { name: text.slice(0, at), file: text.slice(at + 1) };
  throw new UsageError(`--curve: "${text}" is not NAME=FILE`, {
    hint: 'Make the file with `qtune curve --requests TRACE --json`, and use NAME in the column "workload".',
  });
}

function outOf(args: Args): FleetSettings['out'] {
  const path = optionalString(args, 'out');
  if (path === undefined) return undefined;
  const format = /\.(csv|jsonl)$/i.exec(path)?.[1]?.toLowerCase();
  if (format === 'csv' || format === 'jsonl') return { path, format };
  throw new UsageError(`--out: "${path}" is neither a .csv nor a .jsonl`, {
    hint: 'The end of the name says the format.',
  });
}
