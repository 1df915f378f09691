import { createHash } from 'node:crypto';
import type { ComparedCell } from '../comparison.ts';
import { printable } from '../printable.ts';

/** `#` and eight digits. */
const markLength = 9;

/**
 * A name that other programs keep figures under. It is the text itself where that is printable and short enough;
 * otherwise what is printable of it with a mark made from all of it, so that two names never become one.
 *
 * @param longest characters, at least 32
 */
export function stableName(text: string, longest = 200): string {
  if (text.trim() === '') return marked('(no name)', text, longest);
  return printable(text, longest) === text ? text : marked(text, text, longest);
}

/**
 * What the figures of a cell's head are kept under from run to run: `workload/configuration`, with ` (predicted)` where
 * no machine was measured.
 */
export function seriesName(cell: ComparedCell, longest = 200): string {
  const { workload, headConfiguration, source } = cell;
  const name = `${workload}/${headConfiguration}${source === 'predicted' ? ' (predicted)' : ''}`;
  // With a slash in it the workload's name could run into the configuration's.
  if (!workload.includes('/')) return stableName(name, longest);
  return marked(name, JSON.stringify([workload, headConfiguration, source]), longest);
}

function marked(text: string, whole: string, longest: number): string {
  const digest = createHash('sha256')
    .update(whole)
    .digest('hex')
    .slice(0, markLength - 1);
  return `${printable(text, longest - markLength)}#${digest}`;
}
