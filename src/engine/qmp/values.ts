import { QmpBrokenError } from './qmp.ts';

/** An object of JSON whose fields nobody has looked at yet. */
export type JsonRecord = { readonly [key: string]: unknown };

/** @param what named in the error. @throws QmpBrokenError where it is none */
export function recordOf(value: unknown, what: string): JsonRecord {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new QmpBrokenError(`${what} is not an object`);
}

/** @throws QmpBrokenError where it is none */
export function arrayOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new QmpBrokenError(`${what} is not a list`);
}

/** A field's value, undefined where it is absent or null. */
export function optionalField(record: JsonRecord, key: string): unknown {
  const value = Object.hasOwn(record, key) ? record[key] : undefined;
  return value === null ? undefined : value;
}

/** @throws QmpBrokenError where it is no text */
export function textField(record: JsonRecord, key: string, what: string): string {
  const value = optionalField(record, key);
  if (typeof value === 'string') return value;
  throw new QmpBrokenError(`${what} has no text "${key}"`);
}

/** A text, undefined where it is absent. @throws QmpBrokenError where it is something else */
export function optionalText(record: JsonRecord, key: string, what: string): string | undefined {
  return optionalField(record, key) === undefined ? undefined : textField(record, key, what);
}

/** @throws QmpBrokenError where it is neither true nor false */
export function booleanField(record: JsonRecord, key: string, what: string): boolean {
  const value = optionalField(record, key);
  if (typeof value === 'boolean') return value;
  throw new QmpBrokenError(`${what} does not say "${key}"`);
}

/** A whole number from 0 to 2^53−1. @throws QmpBrokenError where it is none */
export function countField(record: JsonRecord, key: string, what: string): number {
  const value = optionalField(record, key);
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new QmpBrokenError(`${what} has no number "${key}" that can be right`);
}
