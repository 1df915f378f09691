import { z } from 'zod';
import { UsageError } from '../errors.ts';
import { parseBytes } from '../units/bytes.ts';
import { parseDuration } from '../units/duration.ts';
import type { Load } from './load.ts';

/** A text that `parse` takes; its message otherwise. */
const readBy = (parse: (text: string) => number, what: string) =>
  z.union([z.number(), z.string()], { error: `${what} is needed` }).transform((raw, context): number => {
    try {
      return parse(String(raw));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      context.issues.push({ code: 'custom', input: raw, message: error.hint ?? error.message });
      return z.NEVER;
    }
  });

const duration = readBy((text) => parseDuration(text, 'time'), 'a time such as 500ms or 60s');
const bytes = readBy((text) => parseBytes(text, 'rate'), 'a size such as 10M');

/** `thinkTime: 200us` as well: pauses are often shorter than a millisecond. */
const thinkTime = readBy((text) => {
  const [, microseconds] = /^(\d{1,9})us$/.exec(text.trim()) ?? [];
  return microseconds === undefined ? parseDuration(text, 'time') : Number(microseconds) / 1000;
}, 'a time such as 200us or 2ms');

/** The `load` of a profile. */
export const loadSchema = z
  .strictObject({
    iodepth: z.int().min(1).max(1024).optional().describe('Requests in flight at once; default 1'),
    jobs: z.int().min(1).max(64).optional().describe('Jobs that share the requests, each at this depth; default 1'),
    rateIops: z.number().positive().max(1e9).optional().describe('Most requests per second of a job'),
    rateBytes: bytes.optional().describe('Most bytes per second of a job, such as 10M'),
    thinkTime: thinkTime.optional().describe('Pause of a job behind every thinkTimeBlocks requests, such as 200us'),
    thinkTimeBlocks: z.int().positive().max(1e9).optional().describe('Requests between two pauses; default 1'),
    runtime: duration
      .optional()
      .describe('Stop after this time, such as 60s, and begin again where the requests end before'),
    atMost: duration.optional().describe('Stop after this time if the requests have not ended before'),
    rampTime: duration.optional().describe('Not measured at the start'),
  })
  .refine(({ thinkTime: pause, thinkTimeBlocks }) => pause !== undefined || thinkTimeBlocks === undefined, {
    error: 'thinkTimeBlocks needs a thinkTime',
  })
  .refine(({ runtime, atMost }) => runtime === undefined || atMost === undefined, {
    error: 'give either `runtime` or `atMost`',
  });

/** A profile's load with fio's defaults filled in. */
export function resolveLoad(load: z.output<typeof loadSchema>): Load {
  const { iodepth = 1, jobs = 1, rateIops, rateBytes, thinkTime: pauseMs, thinkTimeBlocks = 1 } = load;
  return {
    iodepth,
    jobCount: jobs,
    ...(rateIops === undefined ? {} : { rateIops }),
    ...(rateBytes === undefined ? {} : { rateBytesPerSecond: rateBytes }),
    ...(pauseMs === undefined ? {} : { thinkTimeUs: Math.round(pauseMs * 1000), thinkTimeBlockCount: thinkTimeBlocks }),
    ...(load.runtime === undefined ? {} : { runtimeMs: load.runtime }),
    ...(load.atMost === undefined ? {} : { atMostMs: load.atMost }),
    ...(load.rampTime === undefined ? {} : { rampTimeMs: load.rampTime }),
  };
}
