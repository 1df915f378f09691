const newline = 0x0a;
const carriageReturn = 0x0d;
/** Headers and comments of a trace are shorter than this. */
const looksAtLines = 64;

/**
 * The whole lines at the start of a head, for telling a format; the only one where it has no newline.
 *
 * @param head the first bytes of a file, cut anywhere
 */
export function headLines(head: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  while (lines.length < looksAtLines) {
    const end = head.indexOf(newline, start);
    if (end === -1) break;
    lines.push(head.subarray(start, head[end - 1] === carriageReturn && end > start ? end - 1 : end));
    start = end + 1;
  }
  return lines.length === 0 ? [head] : lines;
}
