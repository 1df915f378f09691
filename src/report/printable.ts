import { visibleText } from '../engine/visible-text.ts';

/** Invisible or reordering characters that have no business in a name and that visibleText lets through. */
const furtherUnsafe = /[\n\t\u00ad\u061c\u180e\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

const longestName = 160;

/**
 * Text from a journal (names, labels, reasons) on one line, safe for a terminal: control, direction and invisible
 * characters are spelled out, and what is longer than 160 characters loses its middle.
 */
export function printable(text: string, longest = longestName): string {
  // Cut before escaping too: the text may be megabytes.
  const visible = visibleText(shortened(text, 4 * longest)).replace(furtherUnsafe, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
  return shortened(visible, longest);
}

function shortened(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const half = Math.floor((longest - 1) / 2);
  return `${text.slice(0, longest - 1 - half)}…${text.slice(-half)}`;
}
