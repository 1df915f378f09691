import { UsageError } from '../../errors.ts';

/** A word for a POSIX shell, quoted where it has to be. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Words for a POSIX shell. */
export function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}

/** A value inside a QEMU option string, where a comma is written twice. */
export function optionValue(text: string): string {
  return text.replaceAll(',', ',,');
}

/** Text for an XML attribute or element. */
export function xmlText(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    "'": '&apos;',
    '"': '&quot;',
  };
  return text.replace(/[&<>'"]/g, (character) => entities[character] ?? character);
}

/** A value of a virt-install suboption, which takes quotes as a shell does and splits at commas. */
export function suboptionValue(text: string): string {
  return /^[\w@%+=:./-]+$/.test(text) ? text : `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

/**
 * A file name that QEMU's tools take as one: `a:b` would be read as a protocol and `-x` as an option.
 */
export function plainFileName(name: string): string {
  return /^[./]/.test(name) || !/^-|:/.test(name) ? name : `./${name}`;
}

/**
 * Refuses file names that cannot be pasted: a line break ends a command, a control character changes what a terminal shows, and XML
 * has neither them nor half a surrogate pair.
 * @throws UsageError
 */
export function requirePastable(name: string): void {
  if (!/[\p{Cc}\p{Cs}\u2028\u2029\uFFFE\uFFFF]/u.test(name)) return;
  throw new UsageError(`The name ${JSON.stringify(name)} has a character that cannot be pasted into commands`, {
    hint: 'Give another name with --file and put the real one into the commands by hand.',
  });
}
