import type { ChartPage, ChartView, Drawing, WorkloadChart } from './chart-data.ts';
import { chosenCells, mostRows, nameOf } from './chosen-cells.ts';
import { bottomAxis, label, px, textWidth, tip } from './parts.ts';
import { layOutRows } from './row-chart.ts';
import { linearScale } from './scale.ts';

const barHeight = 14;

/** Host I/O per guest request, stacked by kind. Parts of a sum have no log scale. */
export function drawHostIo(page: ChartPage, workload: WorkloadChart, view: ChartView): Drawing {
  const { cells, leftOut } = chosenCells(workload, view, (cell) => cell.hostIo !== null, mostRows);
  const legend = drawLegend(workload, view.width);
  const layout = layOutRows(page, cells, view, { right: 48, top: legend.height + 8, bottom: 44 });
  const { area } = layout;
  const totals = cells.map((cell) => (cell.hostIo ?? []).reduce((sum, share) => sum + share, 0));
  const scale = linearScale(totals, { from: area.left, to: area.right, tickCount: 6 });
  const ticks = scale.ticks.map((tick) => [scale.place(tick), formatShare(tick)] as const);
  // One path a kind, not one a part: the page of a wide sweep has thousands of parts.
  const bars = workload.kinds.map(() => '');
  const tips: string[] = [];
  cells.forEach((cell, index) => {
    const middle = layout.rowAt(index);
    let sum = 0;
    cell.hostIo?.forEach((share, kind) => {
      if (share === 0) return;
      const [from, to] = [scale.place(sum), scale.place(sum + share)];
      sum += share;
      bars[kind] += `M${px(from)} ${px(middle - barHeight / 2)}H${px(to)}v${barHeight}H${px(from)}z`;
      const said = `${nameOf(page, cell)}: ${formatShare(share)} ${workload.kinds[kind]} per request`;
      tips.push(tip(view.tips, (from + to) / 2, middle, said, cell.variant));
    });
  });
  const content = [
    legend.content,
    bottomAxis(area, ticks, 'host I/O per guest request', true),
    layout.names,
    ...bars.map((path, kind) => (path === '' ? '' : `<path class=k${workload.kindColors[kind] ?? 0} d="${path}"/>`)),
    `<g class=end>${totals.map((total, index) => label(view.width, layout.rowAt(index) + 4, formatShare(total))).join('')}</g>`,
    ...tips,
  ];
  return { height: layout.height, content: content.join(''), leftOut };
}

/** The kinds in the order of the bars, wrapped to the width. */
function drawLegend({ kinds, kindColors }: WorkloadChart, width: number): { content: string; height: number } {
  let [x, y] = [0, 12];
  const parts = kinds.map((kind, index) => {
    const entry = textWidth(kind) + 34;
    if (x > 0 && x + entry > width) [x, y] = [0, y + 20];
    const part = `<path class=k${kindColors[index] ?? 0} d="M${px(x)} ${y - 10}h12v12h-12z"/>${label(x + 17, y, kind)}`;
    x += entry;
    return part;
  });
  return { content: parts.join(''), height: y + 6 };
}

/** Three significant digits, no trailing zeros. */
export function formatShare(share: number): string {
  return Number(share.toPrecision(3)).toString();
}
