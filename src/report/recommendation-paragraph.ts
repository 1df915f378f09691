/** Breaks text at spaces; lines after the first are indented too. Words longer than a line stay whole. */
export function paragraph(text: string, columns: number, indent = ''): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    const candidate = line === indent ? `${line}${word}` : `${line} ${word}`;
    if (candidate.length > columns && line !== indent) {
      lines.push(line);
      line = `${indent}${word}`;
    } else {
      line = candidate;
    }
  }
  return [...lines, line].join('\n');
}
