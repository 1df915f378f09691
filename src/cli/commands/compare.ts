import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { UsageError } from '../../errors.ts';
import type { ComparisonOptions } from '../../report/comparison.ts';
import { metricNames, selectMetrics } from '../../report/metric.ts';
import { defaultConfidence, defaultThresholdRatio } from '../../stats/verdict.ts';
import type { Journal } from '../../trial/journal-reader.ts';
import { flag, optionalString, stringList } from '../args.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { printJson } from '../print-json.ts';

type Args = Readonly<Record<string, unknown>>;

interface Settings extends ComparisonOptions {
  readonly basePath: string;
  readonly headPath: string;
  readonly json: boolean;
  readonly failOnRatio: number | undefined;
  readonly failOnInconclusive: boolean;
}

export const compareCommand: Command = {
  usage: 'compare <base> <head>',
  describe: 'A verdict per cell on two journals, and a gate for CI',
  examples: [
    { command: 'compare base.ndjson head.ndjson', about: 'Table of both runs, with a verdict per cell' },
    { command: 'compare base.ndjson head.ndjson --fail-on 5%', about: 'Exit 1 where anything is worse by 5 % or more' },
  ],
  build: (yargs: Argv) =>
    yargs
      .positional('base', { describe: 'Journal to compare with', type: 'string' })
      .positional('head', { describe: 'Journal in question', type: 'string' })
      .option('fail-on', { describe: 'Exit 1 where a cell is worse by PERCENT or more', type: 'string' })
      .option('fail-on-inconclusive', { describe: 'Exit 4 where the verdict is inconclusive', type: 'boolean' })
      .option('metric', { describe: `Compare this metric; may be repeated: ${metricNames.join(', ')}`, type: 'string' })
      .option('confidence', { describe: 'PERCENT of intervals that hold the true ratio', type: 'string' })
      .option('threshold', { describe: 'Differences below PERCENT are noise', type: 'string' })
      .option('format', { describe: 'table or json', type: 'string' })
      .option('json', { describe: 'The same as --format json', type: 'boolean' }),
  async run(args, host) {
    const settings = settingsOf(args);
    const [{ buildComparison }, { applyGate }] = await Promise.all([
      import('../../report/comparison.ts'),
      import('../../report/gate.ts'),
    ]);
    const base = await read(settings.basePath, host);
    const head = await read(settings.headPath, host);
    const comparison = buildComparison(base, head, settings);
    const gate = settings.failOnRatio === undefined ? undefined : applyGate(comparison, settings.failOnRatio);
    if (settings.json) {
      const document = gate ? { ...comparison, gate } : comparison;
      printJson(host, document);
    } else {
      const { renderComparison } = await import('../../report/comparison-table.ts');
      host.stdout.write(renderComparison(comparison, settings.metrics, gate));
    }
    if (gate && !gate.passed) return ExitCode.no;
    if (comparison.verdict !== 'inconclusive' && !comparison.cells.some((cell) => cell.verdict === 'inconclusive')) {
      return ExitCode.ok;
    }
    if (settings.failOnInconclusive) return ExitCode.inconclusive;
    if (gate) host.stderr.write('qtune: the gate passed, but not every comparison was conclusive\n');
    return ExitCode.ok;
  },
};

function settingsOf(args: Args): Settings {
  const format = optionalString(args, 'format') ?? (flag(args, 'json') ? 'json' : 'table');
  if (format !== 'table' && format !== 'json') {
    throw new UsageError(`--format: "${format}" is not known`, { hint: 'Formats are table and json.' });
  }
  return {
    basePath: String(args.base),
    headPath: String(args.head),
    json: format === 'json' || flag(args, 'json'),
    failOnRatio: optionalPercent(args, 'fail-on', 0, 1000),
    failOnInconclusive: flag(args, 'fail-on-inconclusive'),
    metrics: selectMetrics(stringList(args, 'metric').flatMap((value) => value.split(','))),
    confidence: confidenceOf(args),
    thresholdRatio: optionalPercent(args, 'threshold', 0, 100) ?? defaultThresholdRatio,
  };
}

/** `5` and `5%` are both 0.05. */
function optionalPercent(args: Args, key: string, minimum: number, maximum: number): number | undefined {
  const text = optionalString(args, key);
  if (text === undefined) return undefined;
  const match = /^(\d{1,6}(?:\.\d{1,6})?|\.\d{1,6})\s*%?$/.exec(text.trim());
  const percent = Number(match?.[1]);
  if (!(percent >= minimum && percent <= maximum)) {
    throw new UsageError(`--${key}: "${text}" is not a percentage from ${minimum} to ${maximum}`, {
      hint: 'Write 5 or 5%.',
    });
  }
  return percent / 100;
}

/** As a percentage, or as the share that it is: `95`, `95%` and `0.95`. */
function confidenceOf(args: Args): number {
  const text = optionalString(args, 'confidence');
  if (text === undefined) return defaultConfidence;
  const share = /^0?\.\d{1,6}$/.test(text.trim()) ? Number(text) : undefined;
  const confidence = share ?? optionalPercent(args, 'confidence', 50, 99.99) ?? defaultConfidence;
  if (confidence >= 0.5 && confidence <= 0.9999) return confidence;
  throw new UsageError(`--confidence: "${text}" is not a percentage from 50 to 99.99`, {
    hint: 'Write 95, 95% or 0.95.',
  });
}

async function read(path: string, host: Host): Promise<Journal> {
  const { readJournal } = await import('../../trial/journal-reader.ts');
  const journal = await readJournal(resolve(host.cwd, path), { compact: true });
  return { ...journal, path };
}
