import type { ComparedCell, Comparison } from '../comparison.ts';
import type { Metric } from '../metric.ts';
import { type MetricUnit, unitOf } from './metric-unit.ts';
import { metricsOf } from './metrics-of.ts';
import { stableName } from './stable-name.ts';

/** A name's ending and the unit, where OpenMetrics has a base unit for it. */
const units: Readonly<Record<MetricUnit, string | undefined>> = {
  'operations-per-second': undefined,
  milliseconds: 'seconds',
  bytes: 'bytes',
  'bytes-per-second': 'bytes_per_second',
  ratio: 'ratio',
  requests: 'requests',
};

const secondsPerMillisecond = 1e-3;
/** Digits of what has noise: GitLab compares values as text, and a digit that never repeats is a change each time. */
const noisyDigits = 3;

/**
 * Head's medians as gauges of OpenMetrics text, base units, and the ratio of head to base of each. Values with noise have
 * three significant digits.
 *
 * @source OpenMetrics 1.0, "Text format"; GitLab, "Metrics reports"
 */
export function renderOpenMetrics(comparison: Comparison): string {
  const families = metricsOf(comparison).map((metric) => {
    const cells = comparison.cells.filter((cell) => cell.metric === metric.name);
    return renderFamily(familyOf(metric), cells, ({ head, assume }) =>
      head === null ? undefined : formatValue(head.median * scaleOf(metric), assume),
    );
  });
  const ratio: Family = {
    name: 'qtune_head_to_base_ratio',
    unit: 'ratio',
    help: 'Head over base of the metric that a label names.',
  };
  const ratios = renderFamily(
    ratio,
    comparison.cells,
    (cell) => (cell.ratio === null ? undefined : formatValue(cell.ratio, 'noisy')),
    (cell) => [['metric', cell.metric]],
  );
  return `${families.join('')}${ratios}# EOF\n`;
}

interface Family {
  readonly name: string;
  readonly unit: string | undefined;
  readonly help: string;
}

type Labels = readonly (readonly [name: string, value: string])[];

/** Empty where no cell has a value: a family without a sample tells nothing. */
function renderFamily(
  { name, unit, help }: Family,
  cells: readonly ComparedCell[],
  valueIn: (cell: ComparedCell) => string | undefined,
  moreLabels: (cell: ComparedCell) => Labels = () => [],
): string {
  const samples = cells.flatMap((cell) => {
    const value = valueIn(cell);
    return value === undefined ? [] : [`${name}${renderLabels([...labelsOf(cell), ...moreLabels(cell)])} ${value}\n`];
  });
  if (samples.length === 0) return '';
  const unitLine = unit === undefined ? '' : `# UNIT ${name} ${unit}\n`;
  return `# TYPE ${name} gauge\n${unitLine}# HELP ${name} ${escaped(help)}\n${samples.join('')}`;
}

/** `latencyMs.p99` is `qtune_latency_p99_seconds`, `hostIo.dataRead` is `qtune_host_io_data_read_requests`. */
function familyOf(metric: Metric): Family {
  const unit = units[unitOf(metric.name)];
  const words = metric.name
    // `_count` ends the name of a summary's own sample.
    .replace(/Ms\b|Bytes$|Ratio$|PerSecond$|Count$/, '')
    .replace(/^bytes$/, 'throughput')
    .replaceAll('.', '_')
    .replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return {
    name: unit === undefined ? `qtune_${words}` : `qtune_${words}_${unit}`,
    unit,
    help: `${metric.title}, median of head.`,
  };
}

function scaleOf(metric: Metric): number {
  return unitOf(metric.name) === 'milliseconds' ? secondsPerMillisecond : 1;
}

function labelsOf({ workload, headConfiguration, engine }: ComparedCell): Labels {
  return [
    ['workload', stableName(workload)],
    ['configuration', stableName(headConfiguration)],
    ['engine', engine],
  ];
}

function renderLabels(labels: Labels): string {
  return `{${labels.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function formatValue(value: number, assume: 'noisy' | 'exact'): string {
  return String(Number(value.toPrecision(assume === 'noisy' ? noisyDigits : 12)));
}
