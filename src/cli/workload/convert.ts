import { UsageError } from '../../errors.ts';
import { printable } from '../../report/printable.ts';
import type { Profile } from '../../workload/profile.ts';
import { flag, optionalString } from '../args.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { tellWarnings } from '../tell-warnings.ts';
import { operands } from './operands.ts';
import { loadSource, sourceOptions } from './source.ts';

const versions = { v2: 2, v3: 3 } as const;

export const convertAction: Command = {
  usage: 'convert [source] [target]',
  describe: 'Requests of any workload as a fio iolog, which fio and every command of qtune read',
  examples: [
    { command: 'workload convert boot -', about: 'to standard output' },
    { command: 'workload convert database database.iolog.gz', about: 'compressed, as the name says' },
    {
      command: 'workload convert trace.csv trace.iolog --as v3',
      about: 'with the times at which requests were recorded',
    },
  ],
  build: (yargs) =>
    sourceOptions(yargs)
      .positional('target', {
        type: 'string',
        describe: 'file to make, compressed where its name ends in .gz; - for standard output',
      })
      .option('as', {
        type: 'string',
        choices: Object.keys(versions),
        default: 'v2',
        requiresArg: true,
        describe: 'version of the iolog; v3 has the time of every request',
      })
      .option('with-times', {
        type: 'boolean',
        describe: 'keep the times in v2 too, as wait lines (to 100 µs); fio then waits as the recorded program did',
      }),
  async run(args, host) {
    const { source, target } = operands(args, 'convert', { source: 'NAME|FILE', target: 'TO' });
    const version = versions[optionalString(args, 'as') as keyof typeof versions];
    const withTimes = flag(args, 'with-times');
    const { profile, workload, options } = await loadSource(source, args, host);
    if ((version === 3 || withTimes) && workload.isTimed !== true) {
      throw new UsageError(`${version === 3 ? '--as v3' : '--with-times'}: the requests of ${source} have no times`, {
        hint: 'Only a trace that was recorded with times has some; leave the option out.',
      });
    }
    const { spelledIolog, writeNewFile } = await import('./write-iolog.ts');
    const { standingIolog } = await import('./standing-iolog.ts');
    const standing =
      version === 2 && profile.kind === 'recorded' ? await standingIolog(profile, source, options, host) : undefined;
    const text = standing ?? spelledIolog(workload, { version, waits: withTimes, name: diskNameOf(profile) }, host);
    if (target === '-') {
      const decoder = new TextDecoder();
      for await (const part of text)
        host.stdout.write(typeof part === 'string' ? part : decoder.decode(part, { stream: true }));
    } else {
      await writeNewFile(host, target, text);
      host.stderr.write(`${printable(target)}: ${workload.requestCount.toLocaleString('en-US')} requests\n`);
    }
    tellWarnings(host, workload.warnings);
    return ExitCode.ok;
  },
};

/** The name that the disk has in the iolog that the requests are from; fio opens what it names. */
function diskNameOf(profile: Profile): string {
  const [only, ...others] =
    profile.kind === 'recorded' && profile.survey.format === 'iolog' ? profile.survey.devices : [];
  return only === undefined || others.length > 0 ? 'disk' : only.what;
}
