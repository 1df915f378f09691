import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { flag, stringList } from '../args.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { printJson } from '../print-json.ts';

export const reportCommand: Command = {
  usage: 'report <journal..>',
  describe: 'Tables and charts of a journal',
  examples: [
    { command: 'report run.ndjson', about: 'Speed, space and host I/O of every configuration, with curves' },
    { command: 'report run.ndjson --json', about: 'The same as data' },
  ],
  build: (yargs: Argv) =>
    yargs
      .positional('journal', { describe: 'Journal that `qtune run` wrote', type: 'string', array: true })
      .option('json', { describe: 'One JSON document', type: 'boolean' }),
  async run(args, host) {
    const [{ readJournal }, { buildReport }] = await Promise.all([
      import('../../trial/journal-reader.ts'),
      import('../../report/journal-report.ts'),
    ]);
    const journals = [];
    for (const path of stringList(args, 'journal')) {
      journals.push({ ...(await readJournal(resolve(host.cwd, path), { compact: true })), path });
    }
    const report = buildReport(journals);
    if (flag(args, 'json')) printJson(host, report);
    else {
      const { renderReport } = await import('../../report/journal-report-text.ts');
      host.stdout.write(renderReport(report));
    }
    return ExitCode.ok;
  },
};
