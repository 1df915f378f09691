import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { UsageError } from '../../errors.ts';
import { flag, optionalString, stringList } from '../args.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { printJson } from '../print-json.ts';
import { replaceFile } from '../replace-file.ts';

export const reportCommand: Command = {
  usage: 'report <journal..>',
  describe: 'Tables and charts of a journal',
  examples: [
    { command: 'report run.ndjson', about: 'Speed, space and host I/O of every configuration, with curves' },
    { command: 'report run.ndjson --json', about: 'The same as data' },
    { command: 'report run.ndjson --html run.html', about: 'One page with charts, for a browser; it needs no network' },
    {
      command: 'report base.ndjson head.ndjson --html diff.html',
      about: 'The first journal against the others, as a page',
    },
  ],
  build: (yargs: Argv) =>
    yargs
      .positional('journal', { describe: 'Journal that `qtune run` wrote', type: 'string', array: true })
      .option('json', { describe: 'One JSON document', type: 'boolean' })
      .option('html', {
        describe: 'Write one self-contained page to FILE',
        type: 'string',
      }),
  async run(args, host) {
    const html = optionalString(args, 'html');
    if (html !== undefined) {
      if (flag(args, 'json')) throw new UsageError('--html and --json do not go together', { hint: 'Leave one out.' });
      await writePage(stringList(args, 'journal'), html, host);
      return ExitCode.ok;
    }
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

async function writePage(paths: readonly string[], output: string, host: Host): Promise<void> {
  const [{ readPageInput }, { renderPage }] = await Promise.all([
    import('../../report/html/read-page-input.ts'),
    import('../../report/html/page.ts'),
  ]);
  const inputs = [];
  for (const path of paths) inputs.push(await readPageInput(resolve(host.cwd, path), path));
  replaceFile(host, 'html', output, await renderPage(inputs));
}
