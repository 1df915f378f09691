import type { Argv } from 'yargs';
import { UsageError } from '../../errors.ts';
import type { Comparison } from '../../report/comparison.ts';
import { outputFormats } from '../../report/formats/index.ts';
import type { Gate } from '../../report/gate.ts';
import { metricNames } from '../../report/metric.ts';
import { printable } from '../../report/printable.ts';
import type { Command } from '../command.ts';
import { prepareGate } from '../compare/gate-of.ts';
import { showHistory } from '../compare/history.ts';
import { type CompareSettings, compareSettings } from '../compare/settings.ts';
import { compareNamed } from '../compare/sides.ts';
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
  usage: 'compare [base-journal] [head-journal]',
  describe: 'A verdict per cell on two journals or within one, a gate for CI, and a history of runs',
  examples: [
    { command: 'compare base.ndjson head.ndjson', about: 'Table of both runs, with a verdict per cell' },
    { command: 'compare base.ndjson head.ndjson --fail-on 5%', about: 'Exit 1 where anything is worse by 5 % or more' },
    {
      command: 'compare base.ndjson head.ndjson --fail-on rules.yaml',
      about:
        'Rules by workload and metric: "rules: [{metric: iops, maximumLoss: 5%}, {metric: latencyMs.p99, atMost: 2ms}]"',
    },
    { command: 'compare matrix.ndjson', about: "Every configuration of one run with the plan's first" },
    { command: 'compare matrix.ndjson --base l2-cache-size=4M', about: 'The same with another one' },
    {
      command: 'compare matrix.ndjson#l2-cache-size=1M matrix.ndjson#l2-cache-size=4M',
      about: 'One configuration with another',
    },
    {
      command: 'compare --history runs',
      about: 'In which run of a directory of journals each metric shifted, with charts',
    },
    {
      command: 'compare --history runs --metric iops --fail-on 5%',
      about: 'Exit 1 where IOPS fell by 5 % or more within the last 10 runs',
    },
    ...formatExamples,
  ],
  build: (yargs: Argv) =>
    yargs
      .positional('base-journal', {
        describe: 'Journal to compare with; FILE#LABEL for one of its configurations',
        type: 'string',
      })
      .positional('head-journal', {
        describe: 'Journal in question, likewise; without it the configurations of the first are compared',
        type: 'string',
      })
      .option('base', {
        describe: 'Compare the configurations of one journal with the one of this LABEL',
        type: 'string',
      })
      .option('history', {
        describe: 'Find the runs in which a metric shifted among the journals of DIR',
        type: 'string',
      })
      .option('fail-on', {
        describe: 'PERCENT: exit 1 where anything is worse by that; FILE.yaml: where one of its rules is broken',
        type: 'string',
      })
      .option('allow-missing', {
        describe: 'Let --fail-on pass though a side lacks cells of the other',
        type: 'boolean',
      })
      .option('fail-on-inconclusive', { describe: 'Exit 4 where the verdict is inconclusive', type: 'boolean' })
      .option('metric', { describe: `Compare this metric; may be repeated: ${metricNames.join(', ')}`, type: 'string' })
      .option('confidence', { describe: 'PERCENT of intervals that hold the true ratio', type: 'string' })
      .option('threshold', {
        describe: 'Differences below PERCENT are noise; 1 % where slices took turns, else 3 %',
        type: 'string',
      })
      .option('error-rate', { describe: 'PERCENT chance of any false better or worse in a metric: 1', type: 'string' })
      .option('format', { describe: `How to write it down: ${formatNames}`, type: 'string' })
      .option('json', { describe: 'The same as --format json', type: 'boolean' })
      .option('output', { describe: 'Write to this file instead, in place of an older one', type: 'string' }),
  async run(args, host) {
    const settings = compareSettings(args);
    if (settings.history !== undefined) return showHistory(settings.history, settings, host);
    const { base } = settings.sides;
    if (base === undefined) throw new UsageError('Name a journal, or two', { hint: 'See `qtune compare --help`.' });
    const gate = await prepareGate(settings, host);
    const comparison = await compareNamed(
      { ...settings.sides, base },
      { ...settings, ...(gate && { metrics: gate.metrics }) },
      host,
    );
    const answer = gate?.judge(comparison);
    await writeOutput(host, settings, comparison, answer);
    return exitCodeOf(comparison, answer, settings, host);
  },
};

/** A certain failure first, then what could not be judged, then doubt where it was asked for. */
function exitCodeOf(comparison: Comparison, gate: Gate | undefined, settings: CompareSettings, host: Host): ExitCode {
  if (gate?.failures.some((failure) => failure.kind !== 'inconclusive')) return ExitCode.no;
  const [obstacle] = gate?.obstacles ?? [];
  if (obstacle) {
    const where = obstacle.cell === null ? '' : `${printable(obstacle.cell)}: `;
    host.stderr.write(
      `qtune: the gate did not pass, as it could not compare everything: ${where}${printable(obstacle.reason, 300)}\n`,
    );
    return ExitCode.usage;
  }
  if (gate && gate.failures.length > 0) return ExitCode.inconclusive;
  if (comparison.verdict !== 'inconclusive' && !comparison.cells.some((cell) => cell.verdict === 'inconclusive')) {
    return ExitCode.ok;
  }
  if (settings.failOnInconclusive) return ExitCode.inconclusive;
  if (gate) host.stderr.write('qtune: the gate passed, but not every comparison was conclusive\n');
  return ExitCode.ok;
}
