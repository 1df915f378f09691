import type { Comparison } from '../comparison.ts';
import { renderComparison } from '../comparison-table.ts';
import type { Gate } from '../gate.ts';
import { metricsOf } from './metrics-of.ts';

/** The tables for a terminal, one a metric. */
export function renderTableFormat(comparison: Comparison, gate: Gate | undefined): string {
  return renderComparison(comparison, metricsOf(comparison), gate);
}
