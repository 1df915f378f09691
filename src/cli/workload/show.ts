import { flag } from '../args.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import { tellWarnings } from '../tell-warnings.ts';
import { operands } from './operands.ts';
import { loadSource, sourceOptions } from './source.ts';

export const showAction: Command = {
  usage: 'show [source]',
  describe: 'Where a workload comes from and what its requests add up to',
  examples: [
    { command: 'workload show l2-cache-20g', about: 'a workload of the list' },
    { command: 'workload show iozone-2-random:record=64K,file=64M', about: 'the same with other parameters' },
    { command: 'workload show random-read --disk 2T --json', about: 'fitted to another disk, as JSON' },
  ],
  build: (yargs) => sourceOptions(yargs).option('json', { type: 'boolean', describe: 'Print a JSON document' }),
  async run(args, host) {
    const { source } = operands(args, 'show', { source: 'NAME|FILE' });
    const { describeWorkload, renderWorkload } = await import('../../report/workload.ts');
    const { profile, workload } = await loadSource(source, args, host);
    tellWarnings(host, workload.warnings);
    const description = describeWorkload(profile, workload);
    const document = { schema: 'qtune.workload/1', workload: description };
    if (flag(args, 'json')) printJson(host, document);
    else host.stdout.write(renderWorkload(description, host.stdout.columns));
    return ExitCode.ok;
  },
};
