import { z } from 'zod';
import { UsageError } from '../errors.ts';
import { parseBytes } from '../units/bytes.ts';
import type { Weighted } from './cumulative-choice.ts';

const sectorBytes = 512;

/** Where a stream's area starts or how long it is. */
export type Place = { readonly bytes: number } | { readonly ratio: number };

/** Bytes of a size in a profile: whole sectors. The answer is a message where it is none. */
function sizeOf(raw: string | number): number | { readonly message: string } {
  try {
    const bytes = parseBytes(String(raw), 'size');
    if (bytes % sectorBytes === 0) return bytes;
    return { message: `${raw} is not a multiple of ${sectorBytes} bytes` };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const message = error.message.replace(/^size: /, '');
    return { message: error.hint ? `${message}. ${error.hint}` : message };
  }
}

const sizeOrNumber = [z.int(), z.string()] as const;

/** A size above 0 as QEMU reads it, or an integer of bytes. */
export const sizeSchema = z
  .union(sizeOrNumber, { error: 'a size such as 64K, 1.5G or 4096 is needed' })
  .transform((raw, context): number => {
    const bytes = sizeOf(raw);
    if (typeof bytes === 'number' && bytes > 0) return bytes;
    context.issues.push({
      code: 'custom',
      input: raw,
      message: typeof bytes === 'number' ? 'must be above 0' : bytes.message,
    });
    return z.NEVER;
  });

/** A size, 0 included, or a share of the disk such as `40%`. */
export const placeSchema = z
  .union(sizeOrNumber, { error: 'a size such as 10G or a share of the disk such as 40% is needed' })
  .transform((raw, context): Place => {
    const [, percent] = /^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(String(raw)) ?? [];
    const bytes = percent === undefined ? sizeOf(raw) : 0;
    if (typeof bytes !== 'number') {
      context.issues.push({ code: 'custom', input: raw, message: bytes.message });
    } else if (percent === undefined) {
      return { bytes };
    } else if (Number(percent) <= 100) {
      return { ratio: Number(percent) / 100 };
    } else {
      context.issues.push({ code: 'custom', input: raw, message: 'more than 100% of the disk' });
    }
    return z.NEVER;
  });

/** The weight of one of several choices. */
export const weightSchema = z.number().positive().max(1e9);

/** One size, or sizes with their shares: `{4K: 60, 64K: 40}`. */
export const blockSizeSchema = z
  .union([...sizeOrNumber, z.record(z.string(), weightSchema)], {
    error: 'a size such as 4K or sizes with their shares such as {4K: 60, 64K: 40} are needed',
  })
  .transform((raw, context): Weighted<number>[] => {
    const fail = (message: string): never[] => {
      context.issues.push({ code: 'custom', input: raw, message });
      return [];
    };
    if (typeof raw !== 'object') {
      const bytes = sizeOf(raw);
      if (typeof bytes !== 'number') return fail(bytes.message);
      return bytes > 0 ? [{ value: bytes, weight: 1 }] : fail('must be above 0');
    }
    const shares = Object.entries(raw);
    if (shares.length === 0) return fail('no size is given');
    return shares.flatMap(([key, weight]) => {
      const bytes = sizeOf(key);
      if (typeof bytes !== 'number') return fail(`${key}: ${bytes.message}`);
      return bytes > 0 ? [{ value: bytes, weight }] : fail(`${key}: must be above 0`);
    });
  });

const operation = z.enum(['read', 'write', 'trim']);

/** One operation, or operations with their shares: `{read: 70, write: 30}`. */
export const operationsSchema = z
  .union([operation, z.partialRecord(operation, weightSchema)], {
    error: 'read, write, trim or their shares such as {read: 70, write: 30} are needed',
  })
  .transform((raw) => (typeof raw === 'string' ? { [raw]: 1 } : raw))
  .refine((shares) => Object.keys(shares).length > 0, { error: 'no operation is given' });
