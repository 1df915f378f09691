/** A run of lines that may be cut at its end: a heading or the start of a table, rows, and what closes it. */
export interface MarkdownSection {
  readonly opening: string;
  readonly rows: readonly string[];
  readonly closing: string;
}

/**
 * Joins sections within a number of characters. Rows are left out from the end of the document first; what opens and
 * closes a section always stays.
 *
 * @param longest UTF-16 units, more than openings and closings take
 */
export function fitSections(
  sections: readonly MarkdownSection[],
  longest: number,
): { readonly text: string; readonly omittedCount: number } {
  const fixed = sections.reduce((sum, { opening, closing }) => sum + opening.length + closing.length, 0);
  let left = longest - fixed;
  let omittedCount = 0;
  const parts = sections.map(({ opening, rows, closing }) => {
    let kept = 0;
    // After the first row that does not fit no later one is taken, so that tables end rather than have holes.
    while (omittedCount === 0 && kept < rows.length && (rows[kept]?.length ?? 0) <= left) {
      left -= rows[kept]?.length ?? 0;
      kept++;
    }
    omittedCount += rows.length - kept;
    return `${opening}${rows.slice(0, kept).join('')}${closing}`;
  });
  return { text: parts.join(''), omittedCount };
}
