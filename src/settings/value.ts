import { UsageError } from '../errors.ts';
import { exactBytes, parseBytes } from '../units/bytes.ts';
import type { SettingValue } from './configuration.ts';
import type { SettingDefinition } from './definition.ts';

const words: Readonly<Record<string, boolean>> = {
  on: true,
  yes: true,
  true: true,
  y: true,
  off: false,
  no: false,
  false: false,
  n: false,
};

/**
 * Reads one value of an option as QEMU does. A choice comes back in its main spelling (`v3` is `1.1`).
 * @throws UsageError with QEMU's text
 * @source QEMU qapi/qapi-util.c, qapi_bool_parse; util/qemu-option.c; util/cutils.c, parse_uint and do_strtosz
 */
export function readValue(definition: SettingDefinition, raw: string): SettingValue {
  const { name, domain } = definition;
  switch (domain.kind) {
    case 'switch': {
      const value = words[raw];
      if (value === undefined) {
        throw new UsageError(`Parameter '${name}' expects 'on' or 'off'`, {
          hint: `"${raw}" is neither; QEMU also reads yes, true, y and no, false, n, in lower case.`,
        });
      }
      if (domain.strict && raw !== 'on' && raw !== 'off') {
        throw new UsageError(`Invalid value '${raw}' for '${name}': Must be 'on' or 'off'`);
      }
      return value;
    }
    case 'size':
      return readSize(name, raw);
    case 'number':
      return readNumber(name, raw);
    case 'choice': {
      const choice = domain.choices.find(({ value, aliases }) => value === raw || aliases?.includes(raw));
      if (choice) return choice.value;
      throw new UsageError(domain.refusal(raw), {
        hint: `${name} is one of ${domain.choices.map(({ value }) => value).join(', ')}.`,
      });
    }
    case 'text':
      return raw;
  }
}

function readSize(name: string, raw: string): number {
  if (/^\s*-\d+$/.test(raw)) throw new UsageError(`Value '${raw}' is out of range for parameter '${name}'`);
  try {
    return parseBytes(raw, name);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`Parameter '${name}' expects a non-negative number below 2^64`, {
      hint: error.hint ?? `${error.message}.`,
      cause: error,
    });
  }
}

/** A number as C's strtoull reads it with base 0: `0x10` is 16, `010` is 8, and a minus sign is left to the option's own rules. */
function readNumber(name: string, raw: string): number {
  const match = /^\s*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)$/.exec(raw);
  const [, sign = '', digits = ''] = match ?? [];
  if (!match) {
    throw new UsageError(`Parameter '${name}' expects a number`, {
      hint: `"${raw}" is not a whole number; ${name} takes no unit.`,
    });
  }
  const octal = /^0[0-7]+$/.test(digits);
  const magnitude = Number(octal ? `0o${digits.slice(1)}` : digits);
  return sign === '-' && magnitude !== 0 ? -magnitude : magnitude;
}

/** A value as QEMU reads it back: `64K`, `on`, `16`; text as it is, unescaped. */
export function printValue(definition: SettingDefinition, value: SettingValue): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'number' && definition.domain.kind === 'size') return exactBytes(value);
  return String(value);
}
