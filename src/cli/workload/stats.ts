import { flag } from '../args.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import { operands } from './operands.ts';
import { loadSource, sourceOptions } from './source.ts';

export const statsAction: Command = {
  usage: 'stats [source]',
  describe: 'What a workload’s requests are like, and what each cluster size would cost',
  examples: [
    { command: 'workload stats boot', about: 'figures, charts over time, caches and cluster sizes' },
    { command: 'workload stats trace.csv', about: 'of a trace, whose format is told by its content' },
    { command: 'workload stats database --disk 100G --json', about: 'on another disk, as JSON' },
  ],
  build: (yargs) => sourceOptions(yargs).option('json', { type: 'boolean', describe: 'Print a JSON document' }),
  async run(args, host) {
    const { source } = operands(args, 'stats', { source: 'NAME|FILE' });
    const { measureWorkload } = await import('./measure-workload.ts');
    const { profile, workload } = await loadSource(source, args, host);
    const report = await measureWorkload(profile, workload, host);
    if (flag(args, 'json')) {
      printJson(host, report);
    } else {
      const { renderStatistics } = await import('../../report/workload-stats-text.ts');
      host.stdout.write(renderStatistics(report));
    }
    return ExitCode.ok;
  },
};
