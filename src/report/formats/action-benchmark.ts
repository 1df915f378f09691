import { UsageError } from '../../errors.ts';
import type { Better } from '../../stats/verdict.ts';
import type { ComparedCell, Comparison } from '../comparison.ts';
import { printable } from '../printable.ts';
import { type MetricUnit, unitOf } from './metric-unit.ts';
import { seriesName } from './stable-name.ts';

const unitNames: Readonly<Record<MetricUnit, string>> = {
  'operations-per-second': 'ops/s',
  milliseconds: 'ms',
  bytes: 'bytes',
  'bytes-per-second': 'bytes/s',
  ratio: 'ratio',
  requests: 'requests',
};

/**
 * Head's medians as github-action-benchmark reads them, for `tool: customBiggerIsBetter` or `customSmallerIsBetter`.
 *
 * @throws UsageError where there are metrics of both directions, which one file of that tool cannot hold
 * @source https://github.com/benchmark-action/github-action-benchmark
 */
export function renderActionBenchmark(comparison: Comparison): string {
  const directions = new Set(comparison.cells.map((cell) => cell.better));
  if (directions.size > 1) {
    throw new UsageError('--format action-benchmark: one output holds metrics of one direction only', {
      hint: 'Give --output FILE for two files, or choose with --metric: iops, or latencyMs.p50 and latencyMs.p99.',
    });
  }
  return renderEntries(comparison.cells, comparison);
}

/** The same of the metrics of one direction. */
export function renderActionBenchmarkOf(comparison: Comparison, better: Better): string {
  const cells = comparison.cells.filter((cell) => cell.better === better);
  return renderEntries(cells, comparison);
}

function renderEntries(cells: readonly ComparedCell[], { head }: Comparison): string {
  const entries = cells.flatMap((cell) => {
    if (cell.head === null) return [];
    const { median, low, high } = cell.head;
    const spread = Number(Math.max(high - median, median - low).toPrecision(3));
    return [
      {
        name: `${seriesName(cell)} ${cell.metric}`,
        unit: unitNames[unitOf(cell.metric)],
        value: Number(median.toPrecision(12)),
        // The tool reads a number after the sign, without a unit.
        ...(cell.assume === 'noisy' ? { range: `± ${spread}` } : {}),
        extra: [
          `n=${cell.headCount}`,
          `verdict=${cell.verdict}`,
          head.qemu === null ? `engine=${cell.engine}` : `qemu=${printable(head.qemu, 80)}`,
        ].join('\n'),
      },
    ];
  });
  return `${JSON.stringify(entries, null, 2)}\n`;
}
