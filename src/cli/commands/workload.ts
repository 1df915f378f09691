import { UsageError } from '../../errors.ts';
import type { Command } from '../command.ts';
import { convertAction } from '../workload/convert.ts';
import { listAction } from '../workload/list.ts';
import { recordAction } from '../workload/record.ts';
import { showAction } from '../workload/show.ts';
import { statsAction } from '../workload/stats.ts';

const actions: readonly Command[] = [listAction, showAction, statsAction, convertAction, recordAction];

/** `qtune workload`: profiles and traces, each thing to do with them in a file of `cli/workload`. */
export const workloadCommand: Command = {
  usage: 'workload',
  describe: 'The workloads that ship with qtune, and your own',
  examples: [
    { command: 'workload list', about: 'every workload that ships with qtune' },
    { command: 'workload show l2-cache-20g', about: 'where it comes from and what its requests add up to' },
    { command: 'workload stats boot', about: 'what its requests are like, and what each cluster size would cost' },
    { command: 'workload convert boot -', about: 'its requests as a fio iolog on standard output' },
  ],
  actions,
  build: (yargs) => yargs,
  async run() {
    const names = actions.map(({ usage }) => usage.split(' ')[0]);
    throw new UsageError(`Say what to do: ${names.join(', ')}`, { hint: 'See `qtune workload --help`.' });
  },
};
