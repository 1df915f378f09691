import { formatBytes } from '../../../units/bytes.ts';
import { formatCount } from '../../../units/rate.ts';
import type { ChartCell, ChartPage, ChartView, Drawing, WorkloadChart } from './chart-data.ts';
import { chosenCells, nameOf } from './chosen-cells.ts';
import { bottomAxis, fitted, label, marker, type PlotArea, px, textWidth, tip, valueAxis } from './parts.ts';
import { linearScale, logScale, type Scale } from './scale.ts';

const panelHeight = 300;
/** Below this width, pixels, the panels stand one above the other. */
const narrow = 640;

type Cost = 'memory' | 'space';
const titles: Readonly<Record<Cost, string>> = { memory: 'cache memory', space: 'allocated space' };

/** Speed over memory and over space, a panel each; filled marks are on the front of all three. */
export function drawPareto(page: ChartPage, workload: WorkloadChart, view: ChartView): Drawing {
  const has = (cell: ChartCell): boolean => cell.iops !== null && (cell.memory !== null || cell.space !== null);
  const { cells } = chosenCells(workload, view, has, Number.POSITIVE_INFINITY);
  const costs = (['memory', 'space'] as const).filter((cost) => isVaried(cells.map((cell) => cell[cost])));
  const shown: readonly Cost[] = costs.length > 0 ? costs : ['memory'];
  const beside = shown.length > 1 && view.width >= narrow;
  const width = beside ? (view.width - 24) / shown.length : view.width;
  const speeds = cells.flatMap((cell) => cell.iops?.[0] ?? []);
  const panels = shown.map((cost, index) => {
    const [x, y] = beside ? [index * (width + 24), 0] : [0, index * (panelHeight + 16)];
    return `<g transform="translate(${px(x)} ${px(y)})">${drawPanel(page, cells, cost, speeds, { ...view, width }, [x, y])}</g>`;
  });
  const height = beside ? panelHeight : panelHeight * shown.length + 16 * (shown.length - 1);
  return { height, content: panels.join(''), leftOut: 0 };
}

/** Differences of a thousandth are the file system's own blocks. */
function isVaried(values: readonly (number | null)[]): boolean {
  const known = values.filter((value) => value !== null);
  return known.length > 1 && Math.max(...known) > 1.001 * Math.min(...known);
}

function drawPanel(
  page: ChartPage,
  cells: readonly ChartCell[],
  cost: Cost,
  speeds: readonly number[],
  view: ChartView,
  [offsetX, offsetY]: readonly [number, number],
): string {
  const area: PlotArea = { left: 54, right: view.width - 16, top: 30, bottom: panelHeight - 46 };
  const points = cells.filter((cell) => cell[cost] !== null);
  const costScale = logScale(
    points.map((cell) => cell[cost] ?? 0),
    { from: area.left + 8, to: area.right, tickCount: 5 },
  );
  const span = { from: area.bottom, to: area.top, tickCount: 6 };
  const speedScale = view.log ? logScale(speeds, span) : linearScale(speeds, span);
  const known = points.map((cell) => cell[cost] ?? 0);
  const ticks = binaryTicks(known).map((value) => [costScale.place(value), formatBytes(value)] as const);
  const placed = points.map((cell) => {
    const [x, y] = [costScale.place(cell[cost] ?? 0), speedScale.place(cell.iops?.[0] ?? 0)];
    return { cell, x, y };
  });
  const dominated = placed.filter(({ cell }) => !cell.front).map(({ x, y }) => `M${px(x)} ${px(y)}h0`);
  const front = placed.filter(({ cell }) => cell.front).map(({ x, y }) => marker(3, x, y));
  const tips = placed.map(({ cell, x, y }) => {
    const said = `${nameOf(page, cell)}: ${formatCount(cell.iops?.[0] ?? 0)} IOPS, ${told('memory', cell)}, ${told('space', cell)}, ${cell.front ? 'on the front' : 'another is as good or better in all three'}`;
    return tip(view.tips, x + offsetX, y + offsetY, said, cell.variant);
  });
  const marks = `<path class=dominated d="${dominated.join('')}"/><path class=front d="${front.join('')}"/>${tips.join('')}`;
  const labels = frontLabels(page, points, area, (cell) => costScale.place(cell[cost] ?? 0), speedScale);
  const axes = valueAxis(area, speedScale, formatCount, 'IOPS') + bottomAxis(area, ticks, `${titles[cost]}, log scale`);
  return `${axes}${marks}${labels}`;
}

function told(cost: Cost, cell: ChartCell): string {
  const value = cell[cost];
  return value === null ? `${titles[cost]} unknown` : `${formatBytes(value)} of ${titles[cost]}`;
}

/** Fewer powers of two than this between the values do not make an axis; the values themselves then do. */
const fewestTicks = 3;

/** Powers of two around the values, at most seven. */
function binaryTicks(values: readonly number[]): readonly number[] {
  const positive = values.filter((value) => value > 0);
  if (positive.length === 0) return [];
  const from = Math.floor(Math.log2(Math.min(...positive)));
  const to = Math.ceil(Math.log2(Math.max(...positive)));
  const step = Math.max(1, Math.ceil((to - from) / 6));
  const ticks: number[] = [];
  for (let power = from; power <= to; power += step) {
    const tick = 2 ** power;
    if (tick >= Math.min(...positive) / 1.1 && tick <= Math.max(...positive) * 1.1) ticks.push(tick);
  }
  return ticks.length >= fewestTicks ? ticks : [...new Set(positive)].sort((left, right) => left - right);
}

/** Names beside the marks of the front, as far as they do not cover each other. */
function frontLabels(
  page: ChartPage,
  points: readonly ChartCell[],
  area: PlotArea,
  across: (cell: ChartCell) => number,
  speed: Scale,
): string {
  const taken: (readonly [left: number, right: number, y: number])[] = points.map((cell) => {
    const x = across(cell);
    return [x - 6, x + 6, speed.place(cell.iops?.[0] ?? 0) + 4];
  });
  const fastest = points
    .filter((cell) => cell.front)
    .sort((left, right) => (right.iops?.[0] ?? 0) - (left.iops?.[0] ?? 0));
  const parts = fastest.map((cell) => {
    const x = across(cell);
    const y = speed.place(cell.iops?.[0] ?? 0) + 4;
    const text = fitted(nameOf(page, cell), Math.min(250, (area.right - area.left) * 0.6));
    const width = textWidth(text);
    const places = [
      [x + 9, y, 'start'],
      [x - 9, y, 'end'],
      [x + 4, y - 12, 'start'],
      [x - 4, y - 12, 'end'],
      [x + 4, y + 14, 'start'],
      [x - 4, y + 14, 'end'],
    ] as const;
    for (const [at, base, anchor] of places) {
      const [left, right] = anchor === 'start' ? [at, at + width] : [at - width, at];
      const free = taken.every(([from, to, other]) => right < from || left > to || Math.abs(other - base) > 13);
      if (!free || left < area.left || right > area.right + 14 || base < area.top - 10 || base > area.bottom) continue;
      taken.push([left, right, base]);
      return label(at, base, text, anchor);
    }
    return '';
  });
  return parts.join('');
}
