import type { ListedWorkload } from '../../report/workload-list.ts';
import { flag } from '../args.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { printJson } from '../print-json.ts';

export const listAction: Command = {
  usage: 'list',
  describe: 'Every workload that ships with qtune',
  examples: [
    { command: 'workload list', about: 'patterns, then what was recorded' },
    { command: 'workload list --json', about: 'with sources and parameters' },
  ],
  build: (yargs) => yargs.option('json', { type: 'boolean', describe: 'Print a JSON document' }),
  async run(args, host) {
    const workloads = await listedWorkloads(host);
    const document = { schema: 'qtune.workload/1', workloads };
    if (flag(args, 'json')) {
      printJson(host, document);
    } else {
      const { renderWorkloadList } = await import('../../report/workload-list.ts');
      host.stdout.write(renderWorkloadList(workloads));
    }
    return ExitCode.ok;
  },
};

/** Recordings are read, since only they know how long they are. */
async function listedWorkloads(host: Host): Promise<readonly ListedWorkload[]> {
  const { listProfiles, loadProfile } = await import('../../workload/load-profile.ts');
  const listed: ListedWorkload[] = [];
  for (const { isRecorded, ...summary } of await listProfiles()) {
    const profile = isRecorded ? await loadProfile(summary.name, host.cwd) : undefined;
    const requests = profile?.kind === 'recorded' ? profile.requests : undefined;
    const recorded =
      requests === undefined
        ? null
        : { requestCount: requests.count, durationMs: requests.isTimed ? requests.durationMs : null };
    listed.push({ ...summary, recorded });
  }
  return listed;
}
