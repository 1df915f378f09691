import { splitPlainOptionList } from '../option-list.ts';

/** Options of one node by dotted name: `file.filename`. Values are as text, switches `on` and `off`. */
export type FlatOptions = ReadonlyMap<string, string>;

/** Objects within objects further than this are left out: a block node has a few levels. */
const deepest = 32;

/** An option list, `a=1,b.c=2`. The last of several of one name counts, as in QEMU. */
export function optionsOfList(text: string, impliedName?: string): FlatOptions {
  return new Map(splitPlainOptionList(text, impliedName).map(({ name, value }) => [name, value]));
}

/** The options of a JSON object; undefined where the text is none. */
export function optionsOfJson(text: string): FlatOptions | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const flat = new Map<string, string>();
  flatten(value, '', flat, 0);
  return flat;
}

/** As QEMU takes it in `-blockdev` and `-device`: JSON where it begins with a brace, else a list. Undefined for broken JSON. */
export function optionsOfEither(text: string, impliedName: string): FlatOptions | undefined {
  return text.startsWith('{') ? optionsOfJson(text) : optionsOfList(text, impliedName);
}

/** The options of a node within another: those whose names begin with `name.`, without that. */
export function within(options: FlatOptions, name: string): FlatOptions {
  const start = `${name}.`;
  const inner = new Map<string, string>();
  for (const [key, value] of options) if (key.startsWith(start)) inner.set(key.slice(start.length), value);
  return inner;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function flatten(
  value: Readonly<Record<string, unknown>>,
  start: string,
  flat: Map<string, string>,
  depth: number,
): void {
  for (const [key, inner] of Object.entries(value)) {
    const name = `${start}${key}`;
    if (typeof inner === 'boolean') flat.set(name, inner ? 'on' : 'off');
    else if (typeof inner === 'string' || typeof inner === 'number') flat.set(name, String(inner));
    else if (isObject(inner) && depth < deepest) flatten(inner, `${name}.`, flat, depth + 1);
  }
}
