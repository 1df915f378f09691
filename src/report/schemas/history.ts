import { z } from 'zod';
import { warningSchema } from './journal.ts';

const shift = z.object({
  index: z.int().describe('of the first run after it, among the points of the series'),
  before: z.number(),
  after: z.number(),
  probability: z.number(),
  run: z.string(),
  startedAt: z.string(),
  qemu: z.string().nullable(),
  ratio: z.number().nullable().describe('after over before; null where before is zero'),
  verdict: z.enum(['better', 'worse']),
  runsAgo: z.int(),
});

export const historySchema = z
  .object({
    schema: z.literal('qtune.history/1'),
    runCount: z.int(),
    probability: z.number().describe('shifts that chance gives more often are none'),
    thresholdRatio: z.number(),
    series: z.array(
      z.object({
        cell: z.string(),
        metric: z.string(),
        assume: z.enum(['noisy', 'exact']),
        hostNumber: z.int().describe('from 1; other hosts and changed workloads are series of their own'),
        points: z.array(z.object({ run: z.string(), startedAt: z.string(), value: z.number() })),
        state: z.enum(['too-short', 'stable', 'shifted']),
        shifts: z.array(shift),
      }),
    ),
    warnings: z.array(warningSchema),
  })
  .describe(
    'What `qtune compare --history DIR --json` prints: medians of each run, and the runs in which they shifted',
  );
