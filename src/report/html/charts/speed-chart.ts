import { formatCount } from '../../../units/rate.ts';
import type { ChartCell, ChartPage, ChartView, Drawing, WorkloadChart } from './chart-data.ts';
import { chosenCells, mostRows, nameOf } from './chosen-cells.ts';
import { bottomAxis, label, marker, px, tip } from './parts.ts';
import { layOutRows } from './row-chart.ts';
import { linearScale, logScale } from './scale.ts';

/** IOPS of each configuration with its interval, a row each: for settings that have no order. */
export function drawSpeed(page: ChartPage, workload: WorkloadChart, view: ChartView): Drawing {
  const { cells, leftOut } = chosenCells(workload, view, (cell) => cell.iops !== null, mostRows);
  const layout = layOutRows(page, cells, view, { right: 56, top: 8, bottom: 44 });
  const { area } = layout;
  const speeds = cells.flatMap((cell) => cell.iops ?? []);
  const span = { from: area.left, to: area.right, tickCount: 6 };
  const scale = view.log ? logScale(speeds, span) : linearScale(speeds, span);
  const ticks = scale.ticks.map((tick) => [scale.place(tick), formatCount(tick)] as const);
  const at = (cell: ChartCell, end: 0 | 1 | 2): number => scale.place(cell.iops?.[end] ?? 0);
  const whiskers = cells.map((cell, index) => `M${px(at(cell, 1))} ${px(layout.rowAt(index))}H${px(at(cell, 2))}`);
  const dots = cells.map((cell, index) => marker(0, at(cell, 0), layout.rowAt(index)));
  const values = cells.map((cell, index) =>
    label(view.width, layout.rowAt(index) + 4, formatCount(cell.iops?.[0] ?? 0)),
  );
  const tips = cells.map((cell, index) => {
    const [median, low, high] = cell.iops ?? [0, 0, 0];
    const said = `${nameOf(page, cell)}: ${formatCount(median)} IOPS, ${formatCount(low)} to ${formatCount(high)}, ${cell.count} trials`;
    return tip(view.tips, at(cell, 0), layout.rowAt(index), said, cell.variant);
  });
  const content = [
    bottomAxis(area, ticks, 'IOPS', true),
    layout.names,
    `<g class=s0><path class=whisker d="${whiskers.join('')}"/><path class=dot d="${dots.join('')}"/></g>`,
    `<g class=end>${values.join('')}</g>`,
    ...tips,
  ].join('');
  return { height: layout.height, content, leftOut };
}
