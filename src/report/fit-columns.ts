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

/** Lines of at most `width` characters, broken at spaces if possible; a continued line is indented by two more. */
export function brokenAt(text: string, width: number): string {
  const indent = /^ */.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let line = '';
  for (const piece of text.slice(indent.length).split(/(?<= )(?=[^ ])/)) {
    const start = lines.length > 0 ? `${indent}  ` : indent;
    if (line !== '' && line.length + piece.trimEnd().length <= width) {
      line += piece;
      continue;
    }
    if (line !== '') lines.push(line.trimEnd());
    line = (line === '' ? start : `${indent}  `) + piece;
    while (line.trimEnd().length > width) {
      lines.push(line.slice(0, width));
      line = `${indent}  ${line.slice(width)}`;
    }
  }
  return [...lines, line.trimEnd()].join('\n');
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
