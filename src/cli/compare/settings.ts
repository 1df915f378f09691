import { UsageError } from '../../errors.ts';
import type { ComparisonOptions } from '../../report/comparison.ts';
import { findFormat, type OutputFormat, outputFormats } from '../../report/formats/index.ts';
import type { GateRule } from '../../report/gate-rule.ts';
import { selectMetrics } from '../../report/metric.ts';
import { defaultErrorRate } from '../../stats/family.ts';
import { defaultConfidence } from '../../stats/verdict.ts';
import { flag, optionalPercent, optionalString, stringList } from '../args.ts';

import type { SideNames } from './sides.ts';

type Args = Readonly<Record<string, unknown>>;

/** What a call of `qtune compare` asks for. */
export interface CompareSettings extends ComparisonOptions {
  /** A base that is undefined was not named. */
  readonly sides: Omit<SideNames, 'base'> & { readonly base: string | undefined };
  /** The directory of `--history`. */
  readonly history: string | undefined;
  readonly format: OutputFormat;
  /** The file to write instead of standard output, as the user named it. */
  readonly output: string | undefined;
  readonly failOn: FailOn | undefined;
  readonly missing: GateRule['missing'];
  readonly failOnInconclusive: boolean;
}

/** The value of `--fail-on`: a share, or a file of rules as the user named it. */
type FailOn = { readonly ratio: number } | { readonly file: string };

/** @throws UsageError naming the flag */
export function compareSettings(args: Args): CompareSettings {
  const thresholdRatio = optionalPercent(args, 'threshold', 0, 100);
  return {
    sides: sidesOf(args),
    history: optionalString(args, 'history'),
    format: formatOf(args),
    output: optionalString(args, 'output'),
    failOn: failOnOf(args),
    missing: flag(args, 'allow-missing') ? 'allow' : 'fail',
    failOnInconclusive: flag(args, 'fail-on-inconclusive'),
    metrics: selectMetrics(stringList(args, 'metric').flatMap((value) => value.split(','))),
    confidence: confidenceOf(args),
    errorRate: optionalPercent(args, 'error-rate', 0.000_1, 50) ?? defaultErrorRate,
    ...(thresholdRatio === undefined ? {} : { thresholdRatio }),
  };
}

function sidesOf(args: Args): CompareSettings['sides'] {
  const base = optionalString(args, 'base-journal');
  const head = optionalString(args, 'head-journal');
  const baseLabel = optionalString(args, 'base');
  if (head !== undefined && baseLabel !== undefined) {
    throw new UsageError('--base names a configuration of one journal, and there are two', {
      hint: 'Write FILE#LABEL for one configuration of a journal.',
    });
  }
  return { base, head, baseLabel };
}

function failOnOf(args: Args): FailOn | undefined {
  const text = optionalString(args, 'fail-on');
  if (text === undefined) return undefined;
  if (/\.ya?ml$/i.test(text)) return { file: text };
  const ratio = optionalPercent(args, 'fail-on', 0, 1000);
  return ratio === undefined ? undefined : { ratio };
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
