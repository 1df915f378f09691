import { escapeHtml } from './charts/escape.ts';

export interface HtmlColumn {
  /** With its unit, so that cells are plain numbers. */
  readonly title: string;
  readonly numeric?: boolean;
}

/** A cell's content, escaped, where it is more than text. */
export interface HtmlCell {
  readonly html: string;
  readonly className?: string | undefined;
}

export interface HtmlRow {
  /** The variant that it is about; rows of one that is not chosen are hidden. */
  readonly variant?: number;
  readonly id?: string;
  readonly cells: readonly (string | HtmlCell)[];
}

export interface HtmlTable {
  readonly caption: string;
  readonly columns: readonly HtmlColumn[];
  /** Groups of rows, each sorted by itself, under a heading of its own where it has one. */
  readonly groups: readonly HtmlRowGroup[];
}

export interface HtmlRowGroup {
  readonly id?: string;
  readonly variant?: number;
  readonly heading?: string;
  readonly rows: readonly HtmlRow[];
}

/**
 * A table that can be scrolled sideways by itself. For the page's weight numbers, which most cells are, have no class,
 * text has; end tags and scopes that HTML works out by itself are left out, and so are empty cells at the end of a row.
 */
export function renderTable({ caption, columns, groups }: HtmlTable): string {
  const heads = columns.map((column) => `<th${column.numeric ? ' class=n' : ''}>${escapeHtml(column.title)}`);
  const bodies = groups.map((group) => {
    const heading =
      group.heading === undefined
        ? ''
        : `<tr><th scope=rowgroup colspan=${columns.length}>${escapeHtml(group.heading)}`;
    const rows = group.rows.map((row) => renderRow(row, columns)).join('\n');
    return `<tbody${attribute('id', group.id)}${variantOf(group.variant)}>${heading}\n${rows}`;
  });
  return (
    `<div class=scroll tabindex=0 role=region aria-label="${escapeHtml(caption)}"><table><caption>${escapeHtml(caption)}</caption>` +
    `<thead><tr>${heads.join('')}</thead>${bodies.join('')}</table></div>\n`
  );
}

/** The first cell is the row's heading. */
function renderRow({ variant, id, cells }: HtmlRow, columns: readonly HtmlColumn[]): string {
  let count = cells.length;
  while (count > 1 && cells[count - 1] === '') count--;
  const parts = cells.slice(0, count).map((cell, index) => {
    const { html, className } = typeof cell === 'string' ? { html: escapeHtml(cell) } : cell;
    if (index === 0) return `<th>${html}`;
    const styled = className ?? (columns[index]?.numeric ? '' : 't');
    return `<td${attribute('class', styled === '' ? undefined : styled)}>${html}`;
  });
  return `<tr${attribute('id', id)}${variantOf(variant)}>${parts.join('')}`;
}

/** Only for values that this code made: letters, digits and hyphens. */
function attribute(name: string, value: string | undefined): string {
  return value === undefined ? '' : ` ${name}=${value}`;
}

function variantOf(variant: number | undefined): string {
  return variant === undefined ? '' : ` data-c=${variant}`;
}

const missing = '–';

/** A number in a table: four digits below 10,000, whole above, thousands set off by commas. */
export function plainNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return missing;
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  return Number(value.toPrecision(4)).toString();
}

export function microseconds(ms: number | null | undefined): string {
  return plainNumber(ms === null || ms === undefined ? ms : Number((ms * 1000).toPrecision(4)));
}

export function mebibytes(bytes: number | null | undefined): string {
  return plainNumber(bytes === null || bytes === undefined ? bytes : Number((bytes / 1024 ** 2).toPrecision(4)));
}
