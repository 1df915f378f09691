import { headLines } from './head-lines.ts';

/**
 * Whether the first whole line of a head matches, and most of the others: a header and some bad lines may be among them.
 * @param pattern for one line without its end; it has no nested repetition, as lines come from untrusted files
 */
export function linesMatch(head: Uint8Array, pattern: RegExp, header?: string): boolean {
  const lines = headLines(head).map((line) => Buffer.from(line).toString('latin1'));
  const isHeader = header !== undefined && lines[0]?.toLowerCase() === header.toLowerCase();
  const rest = (isHeader ? lines.slice(1) : lines).filter((line) => line !== '');
  const [first] = rest;
  if (first === undefined) return isHeader;
  return pattern.test(first) && 2 * rest.filter((line) => pattern.test(line)).length > rest.length;
}
