import type { ChartCell, ChartPage, ChartView } from './chart-data.ts';
import { nameOf } from './chosen-cells.ts';
import { fitted, label, type PlotArea } from './parts.ts';

/** Where a chart of one row a configuration has its rows. */
export interface RowLayout {
  readonly area: PlotArea;
  readonly height: number;
  /** Middle of a row's marks. */
  readonly rowAt: (index: number) => number;
  /** Names of the rows. */
  readonly names: string;
}

export interface RowLayoutOptions {
  /** Room right of the plot, pixels. */
  readonly right: number;
  /** Room above it. */
  readonly top: number;
  readonly bottom: number;
}

/** Below this width, pixels, names stand above their rows instead of beside them. */
const narrow = 520;

/** Rows of names and marks: names on the left, or above their marks where the chart is narrow. */
export function layOutRows(
  page: ChartPage,
  cells: readonly ChartCell[],
  view: ChartView,
  { right, top, bottom }: RowLayoutOptions,
): RowLayout {
  const isNarrow = view.width < narrow;
  const nameWidth = isNarrow ? view.width - 4 : Math.min(300, view.width * 0.36);
  const rowHeight = isNarrow ? 38 : 24;
  const area: PlotArea = {
    left: isNarrow ? 6 : nameWidth + 12,
    right: view.width - right,
    top,
    bottom: top + cells.length * rowHeight,
  };
  const rowAt = (index: number): number => top + (index + 0.5) * rowHeight + (isNarrow ? 8 : 0);
  const names = cells.map((cell, index) => {
    const text = fitted(nameOf(page, cell), nameWidth);
    const weight = cell.baseline ? 'baseline' : '';
    return isNarrow
      ? label(2, top + index * rowHeight + 14, text, 'start', weight)
      : label(nameWidth, rowAt(index) + 4, text, 'start', weight);
  });
  return {
    area,
    height: area.bottom + bottom,
    rowAt,
    names: `<g${isNarrow ? '' : ' class=end'}>${names.join('')}</g>`,
  };
}
