import type { Comparison } from '../comparison.ts';
import { type Metric, selectMetrics } from '../metric.ts';

/** The metrics that a comparison has figures of, in the order in which they appear; none where it has no cell. */
export function metricsOf({ cells }: Comparison): readonly Metric[] {
  const names = [...new Set(cells.map((cell) => cell.metric))];
  return names.length === 0 ? [] : selectMetrics(names);
}
