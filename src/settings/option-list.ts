import { UsageError } from '../errors.ts';

/** One `name=value` of an option list before its value is read. */
export interface ListedOption {
  readonly name: string;
  /** One value, or those of a sweep in the order in which they were written. */
  readonly values: readonly string[];
}

/**
 * Splits an option list as QEMU does, and sweeps on top: `a=1,b={2,3}`. `,,` is a comma inside a value. A name without `=` is
 * switched on, `noname` off, as QEMU's short form has it. A value is a sweep where it begins with `{` and ends with `}`.
 *
 * @param what the flag that gave the list, named in errors
 * @throws UsageError for an empty list, an empty member, braces without their partner and values listed twice
 * @source QEMU util/qemu-option.c, opts_do_parse and get_opt_value; qemu-img.c, is_valid_option_list
 */
export function splitOptionList(text: string, what: string): readonly ListedOption[] {
  if (text.trim() === '') throw new UsageError(`${what}: Invalid option list: ${text}`, { hint: 'The list is empty.' });
  const options: ListedOption[] = [];
  let at = 0;
  for (;;) {
    const nameEnd = indexOfAny(text, '=,', at);
    const name = text.slice(at, nameEnd);
    if (text[nameEnd] === '=') {
      const { values, end } = readValues(text, nameEnd + 1, name, what);
      options.push({ name, values });
      at = end;
    } else {
      if (name === '') {
        throw new UsageError(`${what}: Invalid option list: ${text}`, {
          hint: 'A comma with nothing beside it; inside a value a comma is written twice.',
        });
      }
      const off = name.startsWith('no');
      options.push({ name: off ? name.slice(2) : name, values: [off ? 'off' : 'on'] });
      at = nameEnd;
    }
    if (at >= text.length) return options;
    at += 1;
  }
}

/** One `name=value` of an option list that has no sweeps. */
export interface PlainOption {
  readonly name: string;
  readonly value: string;
}

/**
 * Splits an option list as QEMU does on its own command line, where braces are plain text. Never fails: what QEMU would refuse is for
 * the caller to see in the names.
 * @param impliedName the name of a first member that has none: `driver` of `-device virtio-blk-pci,drive=d0`
 * @source QEMU util/qemu-option.c, get_opt_name_value
 */
export function splitPlainOptionList(text: string, impliedName?: string): readonly PlainOption[] {
  const options: PlainOption[] = [];
  let at = 0;
  while (at < text.length) {
    const nameEnd = indexOfAny(text, '=,', at);
    if (text[nameEnd] === '=') {
      const { value, end } = readPlain(text, nameEnd + 1, ',');
      options.push({ name: text.slice(at, nameEnd), value });
      at = end + 1;
    } else {
      const { value, end } = readPlain(text, at, ',');
      if (impliedName !== undefined && at === 0) options.push({ name: impliedName, value });
      else if (value.startsWith('no')) options.push({ name: value.slice(2), value: 'off' });
      else options.push({ name: value, value: 'on' });
      at = end + 1;
    }
  }
  return options;
}

function indexOfAny(text: string, characters: string, from: number): number {
  let at = from;
  while (at < text.length && !characters.includes(text.charAt(at))) at += 1;
  return at;
}

/** Reads up to the comma that ends the value, or the end of the text. */
function readValues(
  text: string,
  from: number,
  name: string,
  what: string,
): { readonly values: readonly string[]; readonly end: number } {
  if (text[from] !== '{') {
    const { value, end } = readPlain(text, from, ',');
    return { values: [value], end };
  }
  const values: string[] = [];
  let at = from + 1;
  for (;;) {
    const { value, end } = readPlain(text, at, ',}');
    if (end >= text.length) throw new UsageError(`${what}: ${name} has an opening brace without its closing one`);
    if (value.includes('{')) throw new UsageError(`${what}: ${name} has a brace within braces`);
    if (value === '') {
      throw new UsageError(`${what}: ${name} has an empty value within its braces`, {
        hint: 'Leave the option out to have its default.',
      });
    }
    if (values.includes(value)) throw new UsageError(`${what}: ${name} lists ${value} twice within its braces`);
    values.push(value);
    at = end + 1;
    if (text[end] === '}') break;
  }
  if (at < text.length && text[at] !== ',') {
    throw new UsageError(`${what}: ${name} goes on after its closing brace`, {
      hint: 'A sweep is the whole value: cluster_size={64K,128K}.',
    });
  }
  return { values, end: at };
}

/** A value up to one of the stop characters; a doubled comma stands for itself. */
function readPlain(text: string, from: number, stops: string): { readonly value: string; readonly end: number } {
  let value = '';
  let at = from;
  while (at < text.length) {
    const character = text.charAt(at);
    if (character === ',' && text[at + 1] === ',') {
      value += ',';
      at += 2;
    } else if (stops.includes(character)) break;
    else {
      value += character;
      at += 1;
    }
  }
  return { value, end: at };
}
