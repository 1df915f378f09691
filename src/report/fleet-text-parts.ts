import { brokenAt } from './fit-columns.ts';
import { printable } from './printable.ts';

/** Rows of a table, so that the answer stays a page or two; `--json` and `--html` have more. */
export const mostRows = 12;
const nameWidth = 24;
const width = 80;

/** A name of the fleet's file, cut to fit and made safe for a terminal. */
export function shown(name: string): string {
  return printable(name, nameWidth);
}

export function whole(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 disk`, `2 disks`. */
export function counted(count: number, what: string): string {
  return `${whole(count)} ${what}${count === 1 ? '' : 's'}`;
}

/** A paragraph of 80 columns. */
export function wrapped(text: string): string {
  return brokenAt(text, width);
}
