/** Facts of a name and a text each, in two columns; texts are wrapped at spaces and continued below themselves. */
export function factLines(facts: readonly (readonly [name: string, text: string])[], columns: number): string[] {
  const nameWidth = Math.max(...facts.map(([name]) => name.length));
  const textWidth = Math.max(40, columns - nameWidth - 2);
  return facts.flatMap(([name, text]) =>
    wrapped(text, textWidth).map((line, index) => `${(index === 0 ? name : '').padEnd(nameWidth)}  ${line}`),
  );
}

/** Lines of at most `width` characters, unless a word is longer; any white space between words is one space. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
