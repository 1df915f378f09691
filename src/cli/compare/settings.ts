import { UsageError } from '../../errors.ts';
import type { ComparisonOptions } from '../../report/comparison.ts';
import { findFormat, type OutputFormat, outputFormats } from '../../report/formats/index.ts';
import { selectMetrics } from '../../report/metric.ts';
import { defaultErrorRate } from '../../stats/family.ts';
import { defaultConfidence } from '../../stats/verdict.ts';
import { flag, optionalPercent, optionalString, stringList } from '../args.ts';

type Args = Readonly<Record<string, unknown>>;

/** What a call of `qtune compare` asks for. */
export interface CompareSettings extends ComparisonOptions {
  readonly basePath: string;
  readonly headPath: string;
  readonly format: OutputFormat;
  /** The file to write instead of standard output, as the user named it. */
  readonly output: string | undefined;
  readonly failOnRatio: number | undefined;
  readonly failOnInconclusive: boolean;
}

/** @throws UsageError naming the flag */
export function compareSettings(args: Args): CompareSettings {
  const thresholdRatio = optionalPercent(args, 'threshold', 0, 100);
  return {
    basePath: String(args.base),
    headPath: String(args.head),
    format: formatOf(args),
    output: optionalString(args, 'output'),
    failOnRatio: optionalPercent(args, 'fail-on', 0, 1000),
    failOnInconclusive: flag(args, 'fail-on-inconclusive'),
    metrics: selectMetrics(stringList(args, 'metric').flatMap((value) => value.split(','))),
    confidence: confidenceOf(args),
    errorRate: optionalPercent(args, 'error-rate', 0.000_1, 50) ?? defaultErrorRate,
    ...(thresholdRatio === undefined ? {} : { thresholdRatio }),
  };
}

function formatOf(args: Args): OutputFormat {
  const json = flag(args, 'json');
  const name = optionalString(args, 'format') ?? (json ? 'json' : 'table');
  const format = findFormat(name);
  if (format === undefined) {
    throw new UsageError(`--format: "${name}" is not known`, {
      hint: `Formats are ${outputFormats.map((known) => known.name).join(', ')}.`,
    });
  }
  if (json && name !== 'json') throw new UsageError(`--json and --format ${name} ask for two formats`);
  return format;
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
