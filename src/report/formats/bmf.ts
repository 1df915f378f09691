import type { ComparedCell, Comparison } from '../comparison.ts';
import { unitOf } from './metric-unit.ts';
import { seriesName } from './stable-name.ts';

interface BencherMetric {
  readonly value: number;
  readonly lower_value?: number;
  readonly upper_value?: number;
}

/** @source Bencher Metric Format, order of precedence: a benchmark's name has at most 1,024 characters */
const longestBenchmark = 1024;

const nanosecondsPerMillisecond = 1e6;

/**
 * Head's medians and their intervals in Bencher Metric Format: a benchmark a cell, a measure a metric. Bencher's own
 * measures are used where they fit: `latency`, nanoseconds, is the median latency, `throughput`, operations a second, is
 * IOPS. Other latencies are in nanoseconds too.
 *
 * @source https://bencher.dev/docs/reference/bencher-metric-format
 */
export function renderBmf({ cells }: Comparison): string {
  const benchmarks: Record<string, Record<string, BencherMetric>> = {};
  for (const cell of cells) {
    const metric = bencherMetric(cell);
    if (metric === undefined) continue;
    const name = seriesName(cell, longestBenchmark);
    benchmarks[name] ??= {};
    benchmarks[name][measureName(cell.metric)] = metric;
  }
  return `${JSON.stringify(benchmarks, null, 2)}\n`;
}

function bencherMetric({ head, metric, assume }: ComparedCell): BencherMetric | undefined {
  if (head === null) return undefined;
  const scale = unitOf(metric) === 'milliseconds' ? nanosecondsPerMillisecond : 1;
  // Twelve digits hide what the multiplication adds in the sixteenth.
  const scaled = (value: number): number => Number((value * scale).toPrecision(12));
  const value = scaled(head.median);
  return assume === 'exact' ? { value } : { value, lower_value: scaled(head.low), upper_value: scaled(head.high) };
}

/** `latencyMs.p99` is `latency-p99`, `hostIo.dataRead` is `host-io-data-read`. */
function measureName(metric: string): string {
  if (metric === 'iops') return 'throughput';
  if (metric === 'latencyMs.p50') return 'latency';
  return metric
    .replace('latencyMs', 'latency')
    .replaceAll('.', '-')
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
