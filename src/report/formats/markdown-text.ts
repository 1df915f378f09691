import { printable } from '../printable.ts';

/**
 * A name as a code span, where neither Markdown nor GitHub's and GitLab's mentions, references and links reach. Inside a
 * table use {@link tableCell} on it.
 *
 * @source GitHub Flavored Markdown, 6.3 "Code spans"
 */
export function codeSpan(text: string): string {
  const visible = printable(text);
  if (visible.trim() === '') return '(no name)';
  const longestRun = Math.max(0, ...[...visible.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longestRun + 1);
  // One space on each side is taken off again, so that a backtick or a space of the text's own survives there.
  const padding = /^[` ]|[` ]$/.test(visible) ? ' ' : '';
  return `${fence}${padding}${visible}${padding}${fence}`;
}

/** Characters that start something somewhere in a line. */
const active = /[\\`*_[\]<>|~&#$@!]|:(?=\S)/g;
/** What GitHub and GitLab link to a person, an issue, a merge request or a label, even where Markdown is escaped. */
const reference = /([@#!~$%&])(?=[\p{L}\p{N}_"])|\b(GH)(?=-\d)/giu;
const mark = '\u200b';

/**
 * Prose with text from a journal in it, shown as it is: nothing in it is formatted, linked or mentioned. It has to begin
 * after other text of its line, or stand in a table's cell.
 *
 * @param longest characters of what is shown
 */
export function plainText(text: string, longest = 400): string {
  return printable(text, longest)
    .replace(reference, (found) => `${found}${mark}`)
    .replace(active, (character) => `\\${character}`)
    .replace(/\bwww\./gi, (found) => `${found.slice(0, -1)}\\.`)
    .replace(/^(?=\s|[-+=]|\d+[.)](?:\s|$))/, '&#8203;');
}

/**
 * Inline Markdown for a cell of a table. A bar there needs a backslash even inside a code span, and where backslashes
 * stand before it their number has to become odd, or the bar would end the cell.
 *
 * @source GitHub Flavored Markdown, 4.10 "Tables (extension)", example 200
 */
export function tableCell(markdown: string): string {
  return markdown.replace(/(\\*)\|/g, (_, before: string) => `${before}${before.length % 2 === 0 ? '\\' : ''}|`);
}

/** One row of a table; cells are inline Markdown. */
export function tableRow(cells: readonly string[]): string {
  return `| ${cells.map(tableCell).join(' | ')} |\n`;
}
