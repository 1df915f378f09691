import { formatMultiple } from '../../figures.ts';
import type { ChartCell, ChartPage, ChartView, Drawing, WorkloadChart } from './chart-data.ts';
import { chosenCells, mostRows, nameOf } from './chosen-cells.ts';
import { bottomAxis, label, marker, px, tip } from './parts.ts';
import { layOutRows } from './row-chart.ts';
import { logScale } from './scale.ts';

/** Which marker and class a verdict has: shape and colour both tell them apart. */
const looks = {
  better: { shape: 2, className: 'better' },
  worse: { shape: 3, className: 'worse' },
  same: { shape: 1, className: 'same' },
  inconclusive: { shape: 0, className: 'inconclusive' },
} as const;

/** IOPS as a multiple of the baseline's, with intervals and verdicts, a row a configuration. Ratios have a log scale always. */
export function drawRatios(page: ChartPage, workload: WorkloadChart, view: ChartView): Drawing {
  const { cells, leftOut } = chosenCells(workload, view, (cell) => cell.ratio !== null, mostRows);
  const layout = layOutRows(page, cells, view, { right: 60, top: 8, bottom: 44 });
  const { area } = layout;
  const values = [1, ...cells.flatMap((cell) => cell.ratio ?? [])];
  const scale = logScale(values, { from: area.left, to: area.right, tickCount: 7 });
  // A round number beside 1 would touch it.
  const one = scale.place(1);
  const ticks = [1, ...scale.ticks.filter((tick) => Math.abs(scale.place(tick) - one) > 30)]
    .sort((left, right) => left - right)
    .map((tick) => [scale.place(tick), `×${tick}`] as const);
  const content = [
    bottomAxis(area, ticks, 'IOPS, multiple of the baseline', true),
    `<path class=baseline-line d="M${px(one)} ${px(area.top)}V${px(area.bottom)}"/>`,
    layout.names,
    ...cells.map((cell, index) => drawRow(page, cell, view, layout.rowAt(index), scale.place)),
  ];
  return { height: layout.height, content: content.join(''), leftOut };
}

function drawRow(
  page: ChartPage,
  cell: ChartCell,
  view: ChartView,
  y: number,
  place: (value: number) => number,
): string {
  const [ratio, low, high] = cell.ratio ?? [1, 1, 1];
  const { shape, className } = looks[cell.verdict ?? 'inconclusive'];
  const said = `${nameOf(page, cell)}: ${formatMultiple(ratio)}, ${formatMultiple(low)} to ${formatMultiple(high)}, ${cell.verdict ?? 'no verdict'}`;
  const x = place(ratio);
  return (
    `<g class=${className}><path class=whisker d="M${px(place(low))} ${px(y)}H${px(place(high))}"/>` +
    `<path class=dot d="${marker(shape, x, y)}"/></g>` +
    label(view.width, y + 4, formatMultiple(ratio), 'end') +
    tip(view.tips, x, y, said, cell.variant)
  );
}
