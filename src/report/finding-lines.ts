import type { Finding } from '../advisor/inspection/finding.ts';
import { printable } from './printable.ts';
import { paragraph } from './recommendation-paragraph.ts';

/** Longest text of one finding that is printed, characters. */
const longestText = 600;

/**
 * Findings for people: severity and word, then what is there, what follows and what to do.
 * @param explained texts that were printed before and are not repeated; what is printed is added
 */
export function findingLines(
  findings: readonly Finding[],
  width: number,
  indent = '',
  explained = new Set<string>(),
): readonly string[] {
  if (findings.length === 0) return [`${indent}No problems found.`];
  return findings.flatMap(({ severity, code, message, meaning, remedy }) => {
    const further = [meaning, remedy === '' ? '' : `→ ${remedy}`].filter((text) => text !== '' && !explained.has(text));
    for (const text of further) explained.add(text);
    return [
      `${indent}${severity}: ${code}`,
      ...[message, ...further].map((text) => paragraph(printable(text, longestText), width, `${indent}  `)),
    ];
  });
}
