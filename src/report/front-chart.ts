import type { FrontPoint } from '../advisor/space/front.ts';
import { formatBytes } from '../units/bytes.ts';
import { formatCount } from '../units/rate.ts';
import { renderChart } from './chart.ts';

/** Sizes on the axis at most. */
const mostSizes = 14;

/**
 * What speed costs in memory: the most IOPS of the front within so much cache memory, from its smallest point to its largest in
 * doublings. Empty where all points take about the same. Points that the priority does not admit are left out.
 */
export function frontChart(front: readonly FrontPoint[], width: number): string {
  const points = front.filter(({ isAllowed }) => isAllowed).map(({ proposal }) => proposal);
  const sizes = points.map(({ memoryBytes }) => memoryBytes);
  const [least, most] = [Math.log2(Math.min(...sizes)), Math.log2(Math.max(...sizes))];
  if (points.length < 2 || most - least < 1) return '';
  const step = Math.max(1, Math.ceil((most - least) / (mostSizes - 1)));
  const count = Math.ceil((most - least) / step) + 1;
  const limits = Array.from({ length: count }, (_, at) => 2 ** Math.min(most, least + at * step));
  const values = limits.map((limit) =>
    Math.max(...points.filter(({ memoryBytes }) => memoryBytes <= limit * rounding).map(({ iops }) => iops.value)),
  );
  return renderChart([{ name: 'IOPS', values }], {
    title: 'Most IOPS within so much cache memory:',
    xLabels: limits.map((limit) => formatBytes(Math.round(limit))),
    formatValue: formatCount,
    height: 8,
    width,
  }).trimEnd();
}

/** A limit made of its own logarithm must still admit the point that it came from. */
const rounding = 1 + 1e-9;
