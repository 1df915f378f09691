import { z } from 'zod';
import { warningSchema } from './journal.ts';

const count = z.int().nonnegative();

/** What `qtune merge --json` prints. */
export const mergeSchema = z
  .object({
    schema: z.literal('qtune.merge/1'),
    output: z.string(),
    planHash: z.string(),
    shardCount: z.int().positive(),
    recordCount: count.describe('Lines of the result, the header included.'),
    trialCount: count.describe('Of the plan.'),
    completedCount: count.describe('Trials with a result.'),
    missingShards: z.array(z.int().positive()),
    missingTrialCount: count,
    partial: z.boolean().describe('Whether anything is missing; only with --allow-partial.'),
    interruptionCount: count.describe('Times that a run was interrupted and went on.'),
    shards: z.array(
      z.object({
        index: z.int().positive(),
        path: z.string(),
        startedAt: z.string(),
        qemu: z.string().nullable(),
        fingerprint: z.string().describe('Equal on hosts whose measurements may be compared.'),
        recordCount: count.describe('Records of trials; one that was disturbed or failed and ran again has several.'),
        completedCount: count,
        workloads: z.array(z.string()),
      }),
    ),
    duplicates: z.array(z.string()).describe('Journals that were left out as copies of another one.'),
    warnings: z.array(warningSchema),
  })
  .describe('What `qtune merge --json` prints.');
