/**
 * The words of a command as a POSIX shell takes it apart: quotes, backslashes and continued lines. Variables and substitutions stay as
 * they are written, since nothing is run to know them.
 */
export function shellWords(text: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  while (at < text.length) {
    const character = text.charAt(at);
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      at++;
    } else if (character === "'") {
      const end = text.indexOf("'", at + 1);
      word = (word ?? '') + text.slice(at + 1, end < 0 ? undefined : end);
      at = end < 0 ? text.length : end + 1;
    } else if (character === '"') {
      const quoted = doubleQuoted(text, at + 1);
      word = (word ?? '') + quoted.value;
      at = quoted.end;
    } else if (character === '\\') {
      if (text[at + 1] !== '\n') word = (word ?? '') + (text[at + 1] ?? '');
      at += 2;
    } else if (character === '#' && word === undefined) {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else {
      word = (word ?? '') + character;
      at++;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

function doubleQuoted(text: string, from: number): { readonly value: string; readonly end: number } {
  let value = '';
  let at = from;
  while (at < text.length && text[at] !== '"') {
    const next = text[at + 1];
    if (text[at] === '\\' && next !== undefined && '"\\$`\n'.includes(next)) {
      if (next !== '\n') value += next;
      at += 2;
    } else {
      value += text[at];
      at++;
    }
  }
  return { value, end: at + 1 };
}

/** The words of a `/proc/PID/cmdline`, where each ends with a NUL, or else of a shell command. */
export function commandWords(text: string): readonly string[] {
  if (!text.includes('\0')) return shellWords(text);
  return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0');
}
