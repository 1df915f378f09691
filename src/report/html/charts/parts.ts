import { escapeHtml } from './escape.ts';
import type { Scale } from './scale.ts';

/** About the width of a character of the charts' 12 px type. */
const characterWidth = 7;

/** Pixels that a text takes, about; ideographs count twice. */
export function textWidth(text: string): number {
  let units = 0;
  for (const character of text) units += (character.codePointAt(0) ?? 0) >= 0x2e80 ? 2 : 1;
  return units * characterWidth;
}

/** The text without its middle where it is wider than the room for it, pixels. */
export function fitted(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  const characters = [...text];
  for (let keep = characters.length - 1; keep > 2; keep--) {
    const head = Math.ceil(keep / 2);
    const shorter = `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (keep - head)).join('')}`;
    if (textWidth(shorter) <= width) return shorter;
  }
  return '…';
}

/** Room right of a plot for the names of its lines: what they need, at most a third of the width. */
export function labelRoom(names: readonly string[], width: number): number {
  return Math.min(Math.max(300, width * 0.3), width * 0.34, Math.max(20, ...names.map(textWidth)));
}

/** A coordinate with at most one decimal. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export type Anchor = 'start' | 'middle' | 'end';

/** Attributes have no quotes where HTML's parser, in the page and in `innerHTML`, does without. */
export function label(x: number, y: number, text: string, anchor: Anchor = 'start', className = ''): string {
  const anchored = anchor === 'start' ? '' : ` text-anchor=${anchor}`;
  const styled = className === '' ? '' : ` class="${className}"`;
  return `<text x=${px(x)} y=${px(y)}${anchored}${styled}>${escapeHtml(text)}</text>`;
}

/**
 * Where the pointer or the arrow keys find a mark, and what it then says. Nothing in the static page, for its weight:
 * the script draws a chart anew before it looks for marks.
 */
export function tip(on: boolean, x: number, y: number, text: string, variant: number): string {
  return on
    ? `<path class=hit d="" data-x=${px(x)} data-y=${px(y)} data-c=${variant} data-tip="${escapeHtml(text)}"/>`
    : '';
}

const markers = [
  (x: number, y: number) => `M${px(x - 4)} ${px(y)}a4 4 0 1 0 8 0a4 4 0 1 0-8 0`,
  (x: number, y: number) => `M${px(x - 3.6)} ${px(y - 3.6)}h7.2v7.2h-7.2z`,
  (x: number, y: number) => `M${px(x)} ${px(y - 4.8)}l4.6 8h-9.2z`,
  (x: number, y: number) => `M${px(x)} ${px(y - 5)}l5 5l-5 5l-5-5z`,
] as const;

/** The path of a marker of the n-th series: shapes alternate, so that colour is not alone in telling them apart. */
export function marker(index: number, x: number, y: number): string {
  return (markers[index % markers.length] ?? markers[0])(x, y);
}

/** Colours of the palette; later series are dashed. */
export const colorCount = 8;

export function seriesClass(index: number): string {
  return `s${index % colorCount}${index >= colorCount ? ' dashed' : ''}`;
}

export interface PlotArea {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Horizontal grid lines with their values on the left, and what they are above. */
export function valueAxis(area: PlotArea, scale: Scale, format: (value: number) => string, title: string): string {
  const places = scale.ticks.map(scale.place);
  const lines = places.map((y) => `M${px(area.left)} ${px(y)}H${px(area.right)}`).join('');
  const texts = places.map((y, index) => label(area.left - 6, y + 4, format(scale.ticks[index] ?? 0)));
  return `<path class=grid d="${lines}"/><g class="tick end">${texts.join('')}</g>${label(2, area.top - 12, title, 'start', 'axis')}`;
}

/** Ticks below a plot; those that would touch the one before are left out. */
export function bottomAxis(
  area: PlotArea,
  ticks: readonly (readonly [x: number, text: string])[],
  title: string,
  grid = false,
): string {
  let free = Number.NEGATIVE_INFINITY;
  const texts = ticks.map(([x, text]) => {
    const half = textWidth(text) / 2;
    if (x - half < free) return '';
    free = x + half + 6;
    return label(x, area.bottom + 17, text);
  });
  const mark = (x: number): string =>
    grid ? `M${px(x)} ${px(area.top)}V${px(area.bottom)}` : `M${px(x)} ${px(area.bottom)}v4`;
  const marks = `<path class=${grid ? 'grid' : 'axisline'} d="${ticks.map(([x]) => mark(x)).join('')}"/>`;
  const base = `<path class=axisline d="M${px(area.left)} ${px(area.bottom)}H${px(area.right)}"/>`;
  const middle = (area.left + area.right) / 2;
  return `${marks}${base}<g class="tick middle">${texts.join('')}</g>${label(middle, area.bottom + 34, title, 'middle', 'axis')}`;
}

/** Moves labels apart that would overlap, in their order from top to bottom, within the given range. */
export function spread(wanted: readonly number[], gap: number, top: number, bottom: number): readonly number[] {
  const order = wanted.map((_, index) => index).sort((left, right) => (wanted[left] ?? 0) - (wanted[right] ?? 0));
  const places = new Array<number>(wanted.length).fill(0);
  let next = top;
  for (const index of order) {
    const place = Math.max(next, wanted[index] ?? 0);
    places[index] = place;
    next = place + gap;
  }
  let limit = bottom;
  for (const index of order.reverse()) {
    const place = Math.min(limit, places[index] ?? 0);
    places[index] = place;
    limit = place - gap;
  }
  return places;
}
