import { headLines } from './head-lines.ts';

/**
 * Whether all whole lines at the start of a head match, a header in the first one excepted.
 * @param pattern for one line without its end; it has no nested repetition, as lines come from untrusted files
 */
export function allLinesMatch(head: Uint8Array, pattern: RegExp, header?: string): boolean {
  const lines = headLines(head).map((line) => Buffer.from(line).toString('latin1'));
  const isHeader = header !== undefined && lines[0]?.toLowerCase() === header.toLowerCase();
  const rest = (isHeader ? lines.slice(1) : lines).filter((line) => line !== '');
  return (rest.length > 0 || isHeader) && rest.every((line) => pattern.test(line));
}
