import { formatCount } from '../units/rate.ts';
import type { ComparedCell, SideSummary } from './comparison.ts';
import { formatChange, formatChangeInterval, formatSpread } from './figures.ts';
import type { Metric } from './metric.ts';
import { printable } from './printable.ts';

/** The cell's name without its workload, for where that stands above. */
export function configurationOf({ cell, workload }: Pick<ComparedCell, 'cell' | 'workload'>): string {
  return cell.startsWith(`${workload}/`) ? cell.slice(workload.length + 1) : cell;
}

/** The ratio as a change; `from zero` where base had nothing; empty where there is none to tell. */
export function changeOf(cell: ComparedCell): string {
  if (cell.ratio !== null) return formatChange(cell.ratio);
  return cell.base?.median === 0 ? 'from zero' : '';
}

/** How many pairs there are, and how many would decide: `6→29`. */
export function pairsOf({ pairCount, neededPairCount }: ComparedCell): string {
  return neededPairCount === null ? String(pairCount) : `${pairCount}→${formatCount(neededPairCount)}`;
}

/** A side's median, with the farther end of its interval where it has noise: `20.4k ±2 %`. */
export function sideText(side: SideSummary, { assume }: Pick<ComparedCell, 'assume'>, metric: Metric): string {
  return assume === 'noisy' ? `${metric.format(side.median)} ${formatSpread(side)}`.trim() : metric.format(side.median);
}

/** The interval of the change, `[-15.9, -14.1]`; empty where there is none, as for an exact metric. */
export function intervalOf({ low, high }: ComparedCell): string {
  return low === null || high === null || low === high ? '' : formatChangeInterval(low, high);
}

/** Both sides, the change and its interval on one line: `1k ±1 % → 850 ±1 %, -15.0 % [-15.9, -14.1]`. */
export function figuresOf(cell: ComparedCell, metric: Metric): string {
  const sides = [cell.base, cell.head].map((side) => (side === null ? 'nothing' : sideText(side, cell, metric)));
  const change = [changeOf(cell), intervalOf(cell)].filter((part) => part !== '').join(' ');
  return `${sides.join(' → ')}${change === '' ? '' : `, ${change}`}`;
}

/** Name, metric and figures of one compared cell, safe to print. */
export function describeCell(cell: ComparedCell, metric: Metric): string {
  return `${printable(cell.cell)} ${cell.metric}: ${figuresOf(cell, metric)}`;
}
