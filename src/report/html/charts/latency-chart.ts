import type { ChartCell, ChartPage, ChartView, Drawing, WorkloadChart } from './chart-data.ts';
import { chosenCells, mostDrawn, nameOf } from './chosen-cells.ts';
import { formatLatency } from './latency-text.ts';
import {
  bottomAxis,
  fitted,
  label,
  labelRoom,
  type PlotArea,
  px,
  seriesClass,
  spread,
  tip,
  valueAxis,
} from './parts.ts';
import { linearScale, logScale } from './scale.ts';

const height = 340;

/**
 * Latency by percentile, a line a configuration. The axis of percentiles gives each further nine the same width, so that
 * the slow end, which is what matters, is not a corner of the picture.
 */
export function drawLatency(page: ChartPage, workload: WorkloadChart, view: ChartView): Drawing {
  const has = (cell: ChartCell): boolean => cell.latency !== null && cell.latency.length > 1;
  const { cells, leftOut } = chosenCells(workload, view, has, mostDrawn);
  const labelWidth = labelRoom(
    cells.map((cell) => nameOf(page, cell)),
    view.width,
  );
  const area: PlotArea = { left: 60, right: view.width - labelWidth - 12, top: 30, bottom: height - 46 };
  const last = Math.max(1, ...cells.map((cell) => cell.latency?.length ?? 0)) - 1;
  const nines = (percent: number): number => -Math.log10(1 - percent / 100);
  const most = nines(page.percentiles[last] ?? 99);
  const across = (percent: number): number => area.left + (nines(percent) / most) * (area.right - area.left);
  const values = cells.flatMap((cell) => cell.latency ?? []);
  const span = { from: area.bottom, to: area.top, tickCount: 7 };
  const scale = view.log ? logScale(values, span) : linearScale(values, span);
  const ticks = [0, 50, 90, 99, 99.9, 99.99, 99.999]
    .filter((percent) => nines(percent) <= most + 1e-9)
    .map((percent) => [across(percent), `${percent} %`] as const);
  const ends = cells.map((cell) => scale.place(cell.latency?.at(-1) ?? 0) + 4);
  const at = spread(ends, 15, area.top + 4, area.bottom);
  const lines = cells.map((cell, index) => {
    const points = (cell.latency ?? []).map((value, rank) => {
      const percent = page.percentiles[rank] ?? 0;
      return { percent, value, x: across(percent), y: scale.place(value) };
    });
    const path = points.map(({ x, y }, rank) => `${rank === 0 ? 'M' : 'L'}${px(x)} ${px(y)}`).join('');
    const tips = points.map(({ percent, value, x, y }) => {
      const said = `${nameOf(page, cell)}: ${percent} % of requests took at most ${formatLatency(value)}`;
      return tip(view.tips, x, y, said, cell.variant);
    });
    const end = points.at(-1);
    const y = at[index] ?? 0;
    const leader = end
      ? `<path class=leader d="M${px(end.x + 2)} ${px(end.y)}L${px(area.right + 9)} ${px(y - 4)}"/>`
      : '';
    const text = label(area.right + 12, y, fitted(nameOf(page, cell), labelWidth), 'start');
    return `<g class="${seriesClass(index)}"><path class=line d="${path}"/>${leader}${text}${tips.join('')}</g>`;
  });
  const content = [
    valueAxis(area, scale, formatLatency, 'latency'),
    bottomAxis(area, ticks, 'requests that took at most this long'),
    ...lines,
  ];
  return { height, content: content.join(''), leftOut };
}
