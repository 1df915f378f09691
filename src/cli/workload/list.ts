import { flag } from '../args.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { printJson } from '../print-json.ts';

export const listAction: Command = {
  usage: 'list',
  describe: 'Every workload that ships with qtune',
  examples: [{ command: 'workload list', about: 'patterns, then recorded ones' }],
  build: (yargs) => yargs.option('json', { type: 'boolean', describe: 'Print a JSON document' }),
  async run(args, host) {
    const { listProfiles } = await import('../../workload/load-profile.ts');
    const workloads = await listProfiles();
    if (flag(args, 'json')) {
      const document = { schema: 'qtune.workload/1', workloads };
      printJson(host, document);
    } else {
      const { renderWorkloadList } = await import('../../report/workload.ts');
      host.stdout.write(renderWorkloadList(workloads));
    }
    return ExitCode.ok;
  },
};
