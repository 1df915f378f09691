/** What XML 1.0 does not allow, even as a reference. @source XML 1.0, fifth edition, production 2 (Char) */
const illegal = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** Text for an attribute's value or for content; what XML cannot carry becomes U+FFFD. */
export function xmlText(text: string): string {
  return text.replace(illegal, '\ufffd').replace(/[&<>"'\t\n\r]/g, (character) => references[character] ?? character);
}

/** ` name="value"` for each attribute that has a value. */
export function xmlAttributes(attributes: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(attributes)
    .flatMap(([name, value]) => (value === undefined ? [] : ` ${name}="${xmlText(String(value))}"`))
    .join('');
}
