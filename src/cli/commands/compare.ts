import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { outputFormats } from '../../report/formats/index.ts';
import type { MeasuredJournal } from '../../report/measured-journal.ts';
import { metricNames } from '../../report/metric.ts';
import type { Command } from '../command.ts';
import { type CompareSettings, compareSettings } from '../compare/settings.ts';
import { writeOutput } from '../compare/write-output.ts';
import { ExitCode } from '../exit-code.ts';
import type { Host } from '../host.ts';

const formatNames = outputFormats.map((format) => format.name).join(', ');

/** One command line a format, the default aside. */
const formatExamples = outputFormats
  .filter((format) => format.name !== 'table')
  .map(({ name, extension, describe }) => ({
    command: `compare base.ndjson head.ndjson --format ${name}${name === 'github' ? '' : ` --output result${extension}`}`,
    about: `${describe.charAt(0).toUpperCase()}${describe.slice(1)}`,
  }));

export const compareCommand: Command = {
  usage: 'compare <base> <head>',
  describe: 'A verdict per cell on two journals, and a gate for CI',
  examples: [
    { command: 'compare base.ndjson head.ndjson', about: 'Table of both runs, with a verdict per cell' },
    { command: 'compare base.ndjson head.ndjson --fail-on 5%', about: 'Exit 1 where anything is worse by 5 % or more' },
    ...formatExamples,
  ],
  build: (yargs: Argv) =>
    yargs
      .positional('base', { describe: 'Journal to compare with', type: 'string' })
      .positional('head', { describe: 'Journal in question', type: 'string' })
      .option('fail-on', { describe: 'Exit 1 where a cell is worse by PERCENT or more', type: 'string' })
      .option('fail-on-inconclusive', { describe: 'Exit 4 where the verdict is inconclusive', type: 'boolean' })
      .option('metric', { describe: `Compare this metric; may be repeated: ${metricNames.join(', ')}`, type: 'string' })
      .option('confidence', { describe: 'PERCENT of intervals that hold the true ratio', type: 'string' })
      .option('threshold', {
        describe: 'Differences below PERCENT are noise; 1 % where slices took turns, else 3 %',
        type: 'string',
      })
      .option('error-rate', { describe: 'PERCENT chance of any false better or worse: 1', type: 'string' })
      .option('format', { describe: `How to write it down: ${formatNames}`, type: 'string' })
      .option('json', { describe: 'The same as --format json', type: 'boolean' })
      .option('output', { describe: 'Write to this file instead, in place of an older one', type: 'string' }),
  async run(args, host) {
    const settings = compareSettings(args);
    const [{ compareSides }, { applyGate }] = await Promise.all([
      import('../../report/comparison.ts'),
      import('../../report/gate.ts'),
    ]);
    const base = await read(settings.basePath, settings, host);
    const head = await read(settings.headPath, settings, host);
    const comparison = compareSides(base, head, settings);
    const gate = settings.failOnRatio === undefined ? undefined : applyGate(comparison, settings.failOnRatio);
    await writeOutput(host, settings, comparison, gate);
    if (gate && !gate.passed) return ExitCode.no;
    if (comparison.verdict !== 'inconclusive' && !comparison.cells.some((cell) => cell.verdict === 'inconclusive')) {
      return ExitCode.ok;
    }
    if (settings.failOnInconclusive) return ExitCode.inconclusive;
    if (gate) host.stderr.write('qtune: the gate passed, but not every comparison was conclusive\n');
    return ExitCode.ok;
  },
};

async function read(path: string, { metrics }: CompareSettings, host: Host): Promise<MeasuredJournal> {
  const { readMeasured } = await import('../../report/measured-journal.ts');
  return { ...(await readMeasured(resolve(host.cwd, path), metrics)), path };
}
