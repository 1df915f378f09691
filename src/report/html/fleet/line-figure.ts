import { formatBytes } from '../../../units/bytes.ts';
import { mostWidth } from '../charts/chart-data.ts';
import { escapeHtml } from '../charts/escape.ts';
import { bottomAxis, label, type PlotArea, px, valueAxis } from '../charts/parts.ts';
import { linearScale } from '../charts/scale.ts';

/** Lines of bytes over a common axis, as a picture that needs no script. */
export interface LineFigure {
  readonly id: string;
  readonly title: string;
  /** What it shows, for those who do not see it, and where the figures are. */
  readonly description: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly x: readonly number[];
  readonly lines: readonly { readonly name: string; readonly values: readonly number[] }[];
  /** How values of the common axis are written, where they are no bytes. */
  readonly formatX?: (value: number) => string;
  /** A level that is not to be exceeded. */
  readonly limit?: { readonly name: string; readonly value: number } | undefined;
}

const height = 260;
const area: PlotArea = { left: 84, right: mostWidth - 190, top: 30, bottom: height - 48 };
/** Names at the ends of lines are at least this far apart, pixels. */
const nameGap = 15;

export function renderLineFigure(figure: LineFigure): string {
  const { id, lines, x, limit } = figure;
  const levels = [...lines.flatMap(({ values }) => values), ...(limit ? [limit.value] : [])];
  const yScale = linearScale(levels, { from: area.bottom, to: area.top, tickCount: 5, isBytes: true });
  const { formatX = formatBytes } = figure;
  const xScale = linearScale(x, {
    ...{ from: area.left, to: area.right, tickCount: 8 },
    isBytes: figure.formatX === undefined,
  });
  const drawn = lines.map(({ values }, index) => {
    const path = values.map(
      (value, at) => `${at === 0 ? 'M' : 'L'}${px(xScale.place(x[at] ?? 0))} ${px(yScale.place(value))}`,
    );
    return `<g class=s${index}><path class=line d="${path.join('')}"/></g>`;
  });
  const ends = lines.map(({ name, values }, index) => ({
    name,
    className: `s${index}`,
    x: xScale.place(x.at(-1) ?? 0),
    y: yScale.place(values.at(-1) ?? 0),
  }));
  if (limit) ends.push({ name: limit.name, className: 'axis', x: area.right, y: yScale.place(limit.value) });
  const limitLine = limit
    ? `<path class=baseline-line d="M${px(area.left)} ${px(yScale.place(limit.value))}H${px(area.right)}"/>`
    : '';
  const content = [
    valueAxis(area, yScale, formatBytes, figure.yTitle),
    bottomAxis(
      area,
      xScale.ticks.map((tick) => [xScale.place(tick), formatX(tick)] as const),
      figure.xTitle,
    ),
    limitLine,
    ...drawn,
    ...namesOf(ends),
  ].join('');
  return (
    `<figure class=plain><h3 id=${id}>${escapeHtml(figure.title)}</h3><div class=scroll tabindex=0 role=region aria-labelledby=${id}>` +
    `<svg width=${mostWidth} height=${height} viewBox="0 0 ${mostWidth} ${height}" role=img aria-labelledby="${id}" aria-describedby="${id}d">` +
    `<desc id=${id}d>${escapeHtml(figure.description)}</desc><g class=plot>${content}</g></svg></div></figure>\n`
  );
}

interface LineEnd {
  readonly name: string;
  readonly className: string;
  readonly x: number;
  readonly y: number;
}

/** Names beside the ends of their lines, moved apart where they would touch. */
function namesOf(ends: readonly LineEnd[]): readonly string[] {
  let free = Number.NEGATIVE_INFINITY;
  return [...ends]
    .sort((left, right) => left.y - right.y)
    .map(({ name, className, x, y }) => {
      const at = Math.max(y + 4, free);
      free = at + nameGap;
      return label(x + 8, at, name, 'start', className);
    });
}
