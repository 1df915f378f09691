import { relative } from 'node:path';
import type { Argv } from 'yargs';
import { UsageError } from '../../errors.ts';
import { flag, optionalString, stringList } from '../args.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { checkNoInput, journalPaths } from '../merge-inputs.ts';
import { printJson } from '../print-json.ts';
import { replaceFileInParts } from '../replace-file.ts';

/** `qtune merge`: one journal of the shards of a run. */
export const mergeCommand: Command = {
  usage: 'merge <journal..>',
  describe: 'One journal from those of several hosts, as if one run had written it',
  examples: [
    { command: 'merge shard-1.ndjson shard-2.ndjson --out run.ndjson', about: 'After `qtune run --shard 1/2` and 2/2' },
    { command: 'merge shards/ --out run.ndjson', about: 'Every *.ndjson of a directory, at any depth' },
  ],
  build: (yargs: Argv) =>
    yargs
      .positional('journal', {
        describe: 'Journal of `qtune run --shard`, or a directory with such',
        type: 'string',
        array: true,
      })
      .option('out', { describe: 'The journal to write; it replaces a file of that name', type: 'string' })
      .option('allow-partial', {
        describe: 'Merge although shards or trials are missing; the result says so',
        type: 'boolean',
      })
      .option('json', { describe: 'Print a JSON document instead of a table', type: 'boolean' }),
  async run(args, host) {
    const output = optionalString(args, 'out');
    if (output === undefined) {
      throw new UsageError('say where the merged journal goes', { hint: 'Name it with --out FILE.' });
    }
    const paths = journalPaths(stringList(args, 'journal'), host.cwd);
    checkNoInput(output, paths, host.cwd);
    const [{ mergeJournals }, { buildMergeReport, renderMerge }] = await Promise.all([
      import('../../trial/merge/merge-journals.ts'),
      import('../../report/merge.ts'),
    ]);
    const merge = await mergeJournals(paths, { allowPartial: flag(args, 'allow-partial'), signal: host.signal });
    let recordCount = 0;
    const counted = async function* (): AsyncGenerator<Buffer, void, undefined> {
      for await (const line of merge.lines()) {
        recordCount += 1;
        yield line;
      }
    };
    await replaceFileInParts(host, 'out', output, counted());
    const shown = (path: string): string => relative(host.cwd, path);
    const report = buildMergeReport(merge, { output, recordCount }, shown);
    if (flag(args, 'json')) printJson(host, report);
    else host.stdout.write(renderMerge(report));
    return ExitCode.ok;
  },
};
