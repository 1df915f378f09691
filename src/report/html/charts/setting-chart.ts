import { exactBytes, formatBytes } from '../../../units/bytes.ts';
import { formatCount } from '../../../units/rate.ts';
import type { ChartCell, ChartPage, ChartView, Drawing, WorkloadChart } from './chart-data.ts';
import { chosenCells, mostDrawn, nameOf } from './chosen-cells.ts';
import {
  bottomAxis,
  fitted,
  label,
  labelRoom,
  marker,
  type PlotArea,
  px,
  seriesClass,
  spread,
  tip,
  valueAxis,
} from './parts.ts';
import { linearScale, logScale, type Scale } from './scale.ts';

const height = 320;
const labelGap = 15;

/** IOPS over a setting in bytes, a line for each combination of the other settings, with intervals. */
export function drawOverSetting(page: ChartPage, workload: WorkloadChart, view: ChartView): Drawing {
  const has = (cell: ChartCell): boolean => cell.iops !== null && cell.at !== null;
  // Lines are what makes a picture crowded, not their points.
  const all = chosenCells(workload, view, has, Number.POSITIVE_INFINITY).cells;
  const lines = [...new Set(all.map((cell) => cell.line))];
  const shown = lines.slice(0, mostDrawn);
  const cells = all.filter((cell) => shown.includes(cell.line));
  const named = shown.length > 1;
  const names = shown.map((line) => workload.lines[line] ?? '');
  const labelWidth = named ? labelRoom(names, view.width) : 24;
  const area: PlotArea = { left: 54, right: view.width - labelWidth - 12, top: 30, bottom: height - 46 };
  const sizes = [...new Set(cells.map((cell) => cell.at ?? 0))].sort((left, right) => left - right);
  const across = places(sizes, area);
  const values = cells.flatMap((cell) => cell.iops ?? []);
  const span = { from: area.bottom, to: area.top, tickCount: 6 };
  const scale = view.log ? logScale(values, span) : linearScale(values, span);
  const drawn = shown.map((line) =>
    cells.filter((cell) => cell.line === line).sort((left, right) => (left.at ?? 0) - (right.at ?? 0)),
  );
  const content = [
    valueAxis(area, scale, formatCount, 'IOPS'),
    bottomAxis(
      area,
      sizes.map((size) => [across(size), exactBytes(size)]),
      workload.axis ?? '',
    ),
    ...drawn.map((points, index) => drawLine(points, shown[index] ?? 0, { page, workload, view, across, scale })),
  ];
  if (named) {
    const ends = drawn.map((points) => scale.place(points.at(-1)?.iops?.[0] ?? 0) + 4);
    const at = spread(ends, labelGap, area.top + 4, area.bottom);
    content.push(
      ...drawn.map((_, index) =>
        label(
          area.right + 12,
          at[index] ?? 0,
          fitted(names[index] ?? '', labelWidth),
          'start',
          seriesClass(shown[index] ?? 0),
        ),
      ),
    );
  }
  return { height, content: content.join(''), leftOut: lines.length - shown.length };
}

/** Sizes span powers of two, so a step to twice the size is as wide everywhere. */
function places(sizes: readonly number[], area: PlotArea): (size: number) => number {
  const [low, high] = [sizes[0] ?? 1, sizes.at(-1) ?? 1];
  const inset = 14;
  const [left, right] = [area.left + inset, area.right - inset];
  if (low === high) return () => (left + right) / 2;
  // Zero has no logarithm and stands a step before the least size.
  const least = sizes.find((size) => size > 0) ?? 1;
  const scaled = (size: number): number => Math.log2(Math.max(size, least / 2));
  return (size) => left + ((scaled(size) - scaled(low)) / (scaled(high) - scaled(low))) * (right - left);
}

interface LineContext {
  readonly page: ChartPage;
  readonly workload: WorkloadChart;
  readonly view: ChartView;
  readonly across: (size: number) => number;
  readonly scale: Scale;
}

function drawLine(points: readonly ChartCell[], line: number, context: LineContext): string {
  const { page, view, across, scale, workload } = context;
  const path = points
    .map(({ at, iops }, index) => `${index === 0 ? 'M' : 'L'}${px(across(at ?? 0))} ${px(scale.place(iops?.[0] ?? 0))}`)
    .join('');
  const whiskers = points.map(({ at, iops }) => {
    const [, low, high] = (iops ?? [0, 0, 0]).map(scale.place);
    const x = across(at ?? 0);
    const caps = [low ?? 0, high ?? 0].map((end) => `M${px(x - 4)} ${px(end)}h8`).join('');
    return `M${px(x)} ${px(low ?? 0)}V${px(high ?? 0)}${caps}`;
  });
  const dots = points.map(({ at, iops }) => marker(line, across(at ?? 0), scale.place(iops?.[0] ?? 0)));
  const tips = points.map((cell) => {
    const [median, low, high] = cell.iops ?? [0, 0, 0];
    const said = `${nameOf(page, cell)}: ${formatCount(median)} IOPS, ${formatCount(low)} to ${formatCount(high)}, ${workload.axis} ${formatBytes(cell.at ?? 0)}, ${cell.count} trials`;
    return tip(view.tips, across(cell.at ?? 0), scale.place(median), said, cell.variant);
  });
  return `<g class="${seriesClass(line)}"><path class=line d="${path}"/><path class=whisker d="${whiskers.join('')}"/><path class=dot d="${dots.join('')}"/>${tips.join('')}</g>`;
}
