/** A word for a POSIX shell, quoted where it has to be. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
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
