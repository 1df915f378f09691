/** What a metric counts. Times are milliseconds in a journal, everything else is in its base unit. */
export type MetricUnit = 'operations-per-second' | 'milliseconds' | 'bytes' | 'bytes-per-second' | 'ratio' | 'requests';

/** The unit of a metric, from the end of its name as journals spell it. */
export function unitOf(metric: string): MetricUnit {
  if (metric === 'iops') return 'operations-per-second';
  if (metric === 'bytesPerSecond') return 'bytes-per-second';
  if (metric.startsWith('latencyMs.')) return 'milliseconds';
  if (metric.endsWith('Bytes')) return 'bytes';
  if (metric.endsWith('Ratio')) return 'ratio';
  return 'requests';
}
