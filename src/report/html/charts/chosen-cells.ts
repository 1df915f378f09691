import type { ChartCell, ChartPage, ChartView, WorkloadChart } from './chart-data.ts';

/** More lines or rows than this are no picture. */
export const mostDrawn = 12;
export const mostRows = 24;

export interface ChosenCells {
  /** In the order of the plan. */
  readonly cells: readonly ChartCell[];
  readonly leftOut: number;
}

/**
 * The cells to draw: those chosen that have the figure, at most `most`. Where there are more, the baseline and the
 * fastest stay.
 */
export function chosenCells(
  { cells }: WorkloadChart,
  view: ChartView,
  has: (cell: ChartCell) => boolean,
  most: number,
): ChosenCells {
  const wanted = cells.filter((cell) => view.chosen[cell.variant] === true && has(cell));
  if (wanted.length <= most) return { cells: wanted, leftOut: 0 };
  const speed = (cell: ChartCell): number => (cell.baseline ? Number.POSITIVE_INFINITY : (cell.iops?.[0] ?? 0));
  const kept = new Set([...wanted].sort((left, right) => speed(right) - speed(left)).slice(0, most));
  return { cells: wanted.filter((cell) => kept.has(cell)), leftOut: wanted.length - most };
}

export function nameOf(page: ChartPage, cell: ChartCell): string {
  return page.names[cell.variant] ?? '';
}
