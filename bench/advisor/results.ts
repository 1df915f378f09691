import { formatRatio } from '../../src/units/rate.ts';
import type { ReplaySource } from './replay.ts';
import type { MethodResult } from './replay-all.ts';
import { drawsOf, exhaustiveMs, frontOf, mean } from './truth.ts';

/** The tables as Markdown. Everything in them is from the recordings. */
export function renderResults(sources: readonly ReplaySource[], results: readonly MethodResult[]): string {
  return [
    '# The advisor against exhaustive measurement',
    'Made by `npm run advisor-study -- replay` from `recordings/`; README.md says how to read it.',
    '## What was measured',
    table(
      [
        'workload',
        'configurations',
        'of ranked',
        'blocks',
        'exhaustive',
        'lane',
        'noise of a lane',
        'within 3 % of the best',
        'best over defaults',
      ],
      sources.map(recordingRow),
    ),
    '## What the methods pick',
    table(
      [
        'workload',
        'method',
        'repetitions',
        'within 3 % of the best',
        'regret, median',
        'regret, 95 %',
        'time, mean',
        'time, most',
        'raced',
        'worst against defaults',
        'blocks seen twice',
      ],
      results.map(resultRow),
    ),
    '## All workloads together',
    table(
      ['method', 'within 3 %, least of the workloads', 'within 3 %, mean', 'time, mean', 'worst against defaults'],
      [...new Set(results.map(({ method }) => method))].map((method) =>
        togetherRow(
          method,
          results.filter((result) => result.method === method),
        ),
      ),
    ),
  ]
    .join('\n\n')
    .concat('\n');
}

const nearRatio = 0.03;

function recordingRow({ recording, draws }: ReplaySource): readonly string[] {
  const { header, blocks } = recording;
  const front = frontOf(recording);
  const means = drawsOf(recording).map((own) => mean(own.map(({ logRatio }) => logRatio)));
  const best = Math.max(0, ...front.map((index) => means[index] as number));
  const near = means.filter((value) => value >= best - Math.log1p(nearRatio)).length;
  const deviations = front.map((index) => deviation((draws[index] ?? []).map(({ logRatio }) => logRatio)));
  const counts = draws.slice(1).map(({ length }) => length);
  return [
    header.workload,
    String(header.configurations.length),
    header.rankedCount.toLocaleString('en'),
    `${Math.min(...counts)} to ${Math.max(...counts)}`,
    `${Math.round(exhaustiveMs(blocks) / 1000)} s`,
    `${Math.round(mean(draws.slice(1).flatMap((own) => own.map(({ ms }) => ms))))} ms`,
    formatRatio(mean(deviations)),
    String(near),
    Math.exp(best).toFixed(2),
  ];
}

function resultRow(result: MethodResult): readonly string[] {
  const { workload, method, repetitions, regrets, timeShares, gains, meanRaced, repeatShare } = result;
  return [
    ...[workload, method, repetitions.toLocaleString('en'), formatRatio(nearShare(result))],
    ...[percent(quantile(regrets, 0.5)), percent(quantile(regrets, 0.95))],
    ...[formatRatio(mean(timeShares)), formatRatio(timeShares.at(-1) ?? 0), meanRaced.toFixed(0)],
    ...[percent(gains[0] ?? 0), formatRatio(repeatShare)],
  ];
}

function togetherRow(method: string, results: readonly MethodResult[]): readonly string[] {
  const shares = results.map(nearShare);
  return [
    method,
    formatRatio(Math.min(...shares)),
    formatRatio(mean(shares)),
    formatRatio(mean(results.map(({ timeShares }) => mean(timeShares)))),
    percent(Math.min(...results.map(({ gains }) => gains[0] ?? 0))),
  ];
}

function nearShare({ regrets }: MethodResult): number {
  return regrets.filter((regret) => regret <= Math.log1p(nearRatio)).length / regrets.length;
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** A logarithm of a ratio as its distance from 1. */
function percent(log: number): string {
  return `${((Math.exp(log) - 1) * 100).toFixed(1)} %`;
}

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / Math.max(1, values.length - 1));
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
