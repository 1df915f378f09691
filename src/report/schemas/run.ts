import { z } from 'zod';
import { configurationSchema, planSchema, warningSchema } from './journal.ts';

const figure = z
  .object({ median: z.number(), low: z.number(), high: z.number() })
  .describe('Median over the repetitions with its 95 % interval; the range where they are too few for one.');
const count = z.int().nonnegative();
const shard = z
  .object({ index: z.int().positive(), count: z.int().positive(), trialCount: count })
  .optional()
  .describe('Which part of the plan, with --shard; the index counts from 1.');

const plan = z
  .object({
    schema: z.literal('qtune.run/1'),
    kind: z.literal('plan'),
    plan: planSchema,
    shard,
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
  shard,
  journal: z.string(),
  qemu: z.string().optional().describe('First line of `qemu-img --version`, where QEMU was measured.'),
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
  decisions: z
    .array(
      z.object({
        workload: z.string(),
        base: z.string(),
        head: z.string(),
        ratio: z.number().nullable().describe('IOPS of head over base.'),
        low: z.number().nullable(),
        high: z.number().nullable(),
        verdict: z.enum(['better', 'worse', 'same', 'inconclusive']),
        blockCount: count,
        neededBlockCount: count.nullable().describe('Blocks that would decide; null where it is, or more do not help.'),
        unpinned: z
          .object({ ratio: z.number(), low: z.number(), high: z.number(), confirmed: z.boolean() })
          .optional()
          .describe('One block in which the measured processes could run on any processor.'),
      }),
    )
    .optional()
    .describe('With --until-decided.'),
});

const shards = z
  .object({
    schema: z.literal('qtune.run/1'),
    kind: z.literal('shards'),
    plan: planSchema,
    index: z.int().positive().describe('The part that --shard named.'),
    count: z.int().positive(),
    shardBy: z.enum(['workload', 'block']),
    shards: z.array(
      z.object({
        index: z.int().positive(),
        trialCount: count,
        estimatedMs: z.number().describe('By a rough cost model, equal on every host.'),
        units: z.array(
          z.object({
            workload: z.string(),
            block: count.optional().describe('With --shard-by block.'),
            trialCount: count,
            estimatedMs: z.number(),
          }),
        ),
      }),
    ),
  })
  .describe('With --list-shard.');

/** What `qtune run --json` prints. */
export const runSchema = z
  .union([plan, result.extend({ head: result.optional().describe('The second build, with two --qemu.') }), shards])
  .describe('What `qtune run --json` prints.');
