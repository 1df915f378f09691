import { z } from 'zod';
import { configurationSchema, planSchema, warningSchema } from './journal.ts';

const figure = z
  .object({ median: z.number(), low: z.number(), high: z.number() })
  .describe('Median over the repetitions with its 95 % interval; the range where they are too few for one.');
const count = z.int().nonnegative();

const plan = z
  .object({
    schema: z.literal('qtune.run/1'),
    kind: z.literal('plan'),
    plan: planSchema,
    journal: z.string(),
    estimatedMs: z.number().describe('By a rough cost model.'),
    neededBytes: z.number().describe('Allocated at the same time, at worst.'),
    longestFileBytes: z.number(),
    freeBytes: z.number(),
    problem: z.string().optional().describe('Why the images do not fit.'),
    cells: z.array(
      z.object({
        workload: z.string(),
        configuration: z.string(),
        trialMs: z.number(),
        imageBytes: z.number(),
        fileBytes: z.number(),
      }),
    ),
    trials: z
      .array(
        z.object({
          id: z.string(),
          workload: z.string(),
          configuration: z.string(),
          repetition: count,
          block: count,
          estimatedMs: z.number(),
        }),
      )
      .describe('In the order in which they would run.'),
  })
  .describe('With --dry-run.');

const result = z.object({
  schema: z.literal('qtune.run/1'),
  kind: z.literal('result'),
  plan: planSchema,
  journal: z.string(),
  completedCount: count,
  alreadyCompletedCount: count.describe('Of the completed ones, those of an earlier run.'),
  failedCount: count,
  cells: z.array(
    z.object({
      workload: z.string(),
      configuration: configurationSchema,
      source: z.enum(['measured', 'predicted']).describe('Of times; counts and space of a prediction are exact.'),
      completedCount: count,
      failedCount: count,
      iops: figure.optional(),
      bytesPerSecond: figure.optional(),
      latencyP50Ms: figure.optional(),
      latencyP99Ms: figure.optional(),
      allocatedBytes: figure.optional(),
      fileBytes: figure.optional(),
      spaceAmplificationRatio: figure.optional(),
    }),
  ),
  failures: z.array(
    z.object({
      id: z.string(),
      workload: z.string(),
      configuration: z.string(),
      repetition: count,
      state: z.enum(['failed', 'timed-out', 'aborted', 'skipped']),
      reason: z.string(),
    }),
  ),
  warnings: z.array(warningSchema),
});

/** What `qtune run --json` prints. */
export const runSchema = z.union([plan, result]).describe('What `qtune run --json` prints.');
