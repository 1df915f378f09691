import { renderTable, type TableColumn } from './table.ts';

/** Width that every table of a report fits, so that it can be pasted into an issue or a commit message. */
export const reportWidth = 100;

const gap = 2;
const narrowestName = 16;

/**
 * A table whose first column holds names: these are broken over several lines where the row would be wider than the
 * report, first at spaces, then anywhere. Nothing is cut off, since names tell the rows apart.
 */
export function renderNamedTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string {
  const others = columns
    .slice(1)
    .map((column, index) => Math.max(column.title.length, ...rows.map((row) => row[index + 1]?.length ?? 0)));
  const taken = others.reduce((sum, width) => sum + width + gap, 0);
  const width = Math.max(narrowestName, reportWidth - taken);
  return renderTable(
    columns,
    rows.map(([name = '', ...cells]) => [brokenAt(name, width), ...cells]),
  );
}

/** Lines of at most `width` characters; a continued line is indented. */
export function brokenAt(text: string, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    let rest = word;
    if (line !== '' && line.length + 1 + rest.length <= width) {
      line += ` ${rest}`;
      continue;
    }
    if (line !== '') lines.push(line);
    const indent = lines.length > 0 ? '  ' : '';
    line = indent + rest;
    while (line.length > width) {
      lines.push(line.slice(0, width));
      rest = line.slice(width);
      line = `  ${rest}`;
    }
  }
  return [...lines, line].join('\n');
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** Numbered footnotes; the same text twice is one note. */
export class Footnotes {
  readonly #texts: string[] = [];

  /** The mark for a note, superscript digits. */
  mark(text: string): string {
    let index = this.#texts.indexOf(text);
    if (index === -1) index = this.#texts.push(text) - 1;
    return [...String(index + 1)].map((digit) => superscripts.charAt(Number(digit))).join('');
  }

  /** All notes, one a line or more; empty where there is none. */
  render(): string {
    return this.#texts.map((text) => `${brokenAt(`${this.mark(text)} ${text}`, reportWidth)}\n`).join('');
  }
}
