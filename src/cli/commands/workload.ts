import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EnvironmentError, UsageError } from '../../errors.ts';
import type { Workload } from '../../workload/workload.ts';
import { flag, optionalBytes, optionalInteger } from '../args.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { printJson } from '../print-json.ts';

type Args = Readonly<Record<string, unknown>>;

const schema = 'qtune.workload/1';

/** What each action takes behind its name. */
const actions: Readonly<Record<string, { readonly operands: string; run(args: Args, host: Host): Promise<void> }>> = {
  list: { operands: '', run: list },
  show: { operands: 'NAME|FILE', run: show },
  convert: { operands: 'NAME|FILE TO', run: convert },
};

export const workloadCommand: Command = {
  usage: 'workload [action] [source] [target]',
  describe: 'The workloads that ship with qtune, and your own',
  examples: [
    { command: 'workload list', about: 'every workload that ships with qtune' },
    { command: 'workload show l2-cache-20g', about: 'where it comes from and what its requests add up to' },
    { command: 'workload show iozone-2-random:record=64K,file=64M', about: 'the same with other parameters' },
    { command: 'workload convert boot -', about: 'its requests as a fio iolog on standard output' },
  ],
  build: (yargs) =>
    yargs
      .positional('action', { type: 'string', choices: Object.keys(actions), describe: 'list, show or convert' })
      .positional('source', {
        type: 'string',
        describe: 'a name of the list, NAME:key=value,…, a profile in YAML or a fio iolog',
      })
      .positional('target', { type: 'string', describe: 'file to make by convert, - for standard output' })
      .option('disk', {
        type: 'string',
        describe: 'virtual size of the disk in place of the profile’s',
        requiresArg: true,
      })
      .option('seed', { type: 'string', describe: 'seed in place of the profile’s', requiresArg: true })
      .option('json', { type: 'boolean', describe: 'print list or show as JSON' }),
  async run(args, host) {
    const name = String(args.action ?? '');
    const action = actions[name];
    if (!action) {
      throw new UsageError(`Say what to do: ${Object.keys(actions).join(', ')}`, {
        hint: 'See `qtune workload --help`.',
      });
    }
    const given = [args.source, args.target].filter((value) => value !== undefined).length;
    const needed = action.operands === '' ? 0 : action.operands.split(' ').length;
    if (given !== needed) {
      throw new UsageError(
        given < needed
          ? `\`workload ${name}\` needs ${action.operands}`
          : `\`workload ${name}\` takes ${needed === 0 ? 'no names' : action.operands}`,
        {
          hint: `Write: qtune workload ${name} ${action.operands}`.trimEnd(),
        },
      );
    }
    await action.run(args, host);
    return ExitCode.ok;
  },
};

async function list(args: Args, host: Host): Promise<void> {
  const { listProfiles } = await import('../../workload/load-profile.ts');
  const workloads = await listProfiles();
  const document = { schema, workloads };
  if (flag(args, 'json')) return printJson(host, document);
  const { renderWorkloadList } = await import('../../report/workload.ts');
  host.stdout.write(renderWorkloadList(workloads));
}

async function show(args: Args, host: Host): Promise<void> {
  const { describeWorkload, renderWorkload } = await import('../../report/workload.ts');
  const { profile, workload } = await load(args, host);
  const description = describeWorkload(profile, workload);
  const document = { schema, workload: description };
  if (flag(args, 'json')) return printJson(host, document);
  host.stdout.write(renderWorkload(description, host.stdout.columns));
}

async function convert(args: Args, host: Host): Promise<void> {
  const { iologText } = await import('../../workload/iolog.ts');
  const { workload } = await load(args, host);
  const target = String(args.target);
  // yargs hands a lone dash over as an empty text.
  if (target === '' || target === '-') {
    for (const text of iologText(workload.requests())) host.stdout.write(text);
    return;
  }
  await writeNewFile(resolve(host.cwd, target), target, iologText(workload.requests()));
  host.stderr.write(`${target}: ${workload.requestCount.toLocaleString('en-US')} requests\n`);
}

async function load(args: Args, host: Host) {
  const diskBytes = optionalBytes(args, 'disk');
  const seed = optionalInteger(args, 'seed', 0, Number.MAX_SAFE_INTEGER);
  const { loadProfile } = await import('../../workload/load-profile.ts');
  const { resolveWorkload } = await import('../../workload/resolve-workload.ts');
  const profile = await loadProfile(String(args.source), host.cwd);
  const workload: Workload = resolveWorkload(profile, {
    ...(diskBytes === undefined ? {} : { diskBytes }),
    ...(seed === undefined ? {} : { seed }),
  });
  return { profile, workload };
}

/** Never writes over a file: the target may be the user's recording. */
async function writeNewFile(path: string, shown: string, texts: Iterable<string>): Promise<void> {
  try {
    const file = await open(path, 'wx');
    try {
      for (const text of texts) await file.write(text);
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    if (code === 'EEXIST')
      throw new UsageError(`${shown}: the file is there already`, { hint: 'Remove it first, or choose another name.' });
    if (code === 'ENOENT') throw new UsageError(`${shown}: there is no such directory`);
    throw new EnvironmentError(`${shown}: cannot be written (${code})`, { cause: error });
  }
}
