import { UsageError } from '../errors.ts';
import { parseQemuVersion, type QemuVersion } from '../settings/qemu-version.ts';
import { parseBytes } from '../units/bytes.ts';

type Args = Readonly<Record<string, unknown>>;

/** All values of an option that may be repeated; empty where it was not given. */
export function stringList(args: Args, key: string): readonly string[] {
  const value = args[key];
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

/** The value of an option that may be given once. @throws UsageError where it was repeated or is empty */
export function optionalString(args: Args, key: string): string | undefined {
  const values = stringList(args, key);
  if (values.length > 1) throw new UsageError(`--${key} was given ${values.length} times; it takes one value`);
  if (values[0] === '') throw new UsageError(`--${key} has no value`);
  return values[0];
}

export function flag(args: Args, key: string): boolean {
  return args[key] === true;
}

/** A size in bytes. @throws UsageError naming the option */
export function optionalBytes(args: Args, key: string): number | undefined {
  const text = optionalString(args, key);
  return text === undefined ? undefined : parseBytes(text, `--${key}`);
}

/** A whole number within [minimum, maximum]. @throws UsageError naming the option and the limits */
export function optionalInteger(args: Args, key: string, minimum: number, maximum: number): number | undefined {
  const text = optionalString(args, key);
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= minimum && value <= maximum)) {
    throw new UsageError(`--${key}: "${text}" is not a whole number from ${minimum} to ${maximum}`);
  }
  return value;
}

/** A percentage within limits: `5` and `5%` are both 0.05. @throws UsageError naming the option and the limits */
export function optionalPercent(args: Args, key: string, minimum: number, maximum: number): number | undefined {
  const text = optionalString(args, key);
  if (text === undefined) return undefined;
  const match = /^(\d{1,6}(?:\.\d{1,6})?|\.\d{1,6})\s*%?$/.exec(text.trim());
  const percent = Number(match?.[1]);
  if (!(percent >= minimum && percent <= maximum)) {
    throw new UsageError(`--${key}: "${text}" is not a percentage from ${minimum} to ${maximum}`, {
      hint: 'Write 5 or 5%.',
    });
  }
  return percent / 100;
}

/** `--qemu-version`. @throws UsageError for what is no version */
export function qemuVersionOption(args: Args): QemuVersion | undefined {
  const text = optionalString(args, 'qemu-version');
  if (text === undefined) return undefined;
  const version = /^\d{1,3}\.\d{1,3}(\.\d{1,3})?$/.test(text) ? parseQemuVersion(text) : undefined;
  if (version) return version;
  throw new UsageError(`--qemu-version: "${text}" is not a version of QEMU`, { hint: 'Write it as 7.2 or 10.0.' });
}
