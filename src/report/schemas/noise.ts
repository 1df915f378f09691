import { z } from 'zod';
import { engineSchema, environmentSchema, warningSchema } from './journal.ts';

const count = z.int().nonnegative();
const ms = z.number().nonnegative();
const ratio = z.number().nonnegative();

const workloadSchema = z.object({
  name: z.string(),
  title: z.string(),
  blockCount: count,
  usedBlockCount: count.describe('Fewer where disturbed blocks were left out.'),
  blockMs: ms.describe('Time that a run needs for each block that it can use.'),
  deviation: ratio.nullable().describe('Standard deviation of the log ratio from block to block.'),
  deviationLow: ratio.nullable().describe('95 % interval of it.'),
  deviationHigh: ratio.nullable(),
  ratio: ratio.nullable().describe('Time of the second side over that of the first; they are equal.'),
  low: ratio.nullable().describe('95 % interval of it.'),
  high: ratio.nullable(),
  disturbed: z
    .object({ blockCount: count, stealMs: ms, waitMs: ms, otherIoBytes: z.number().nonnegative(), throttledMs: ms })
    .describe('What came from outside during the disturbed blocks, summed up.'),
  toFind: z.array(
    z.object({
      effectRatio: ratio.describe('0.05 is a difference of 5 %.'),
      blockCount: count.nullable().describe('null where 10,000 are not enough.'),
      timeMs: ms.nullable(),
    }),
  ),
  inTime: z.array(
    z.object({
      timeMs: ms,
      blockCount: count,
      effectRatio: ratio.nullable().describe('null where the time is too short.'),
    }),
  ),
});

export const noiseSchema = z
  .object({
    schema: z.literal('qtune.noise/1'),
    environment: environmentSchema,
    engine: engineSchema,
    budgetMs: ms,
    errorRate: ratio,
    power: ratio.describe('Share of runs that find a difference in the blocks that are given for it.'),
    mostBlocks: count.describe('A run --until-decided stops here unless --repetitions allows more.'),
    workloads: z.array(workloadSchema),
    recommendedThresholdRatio: ratio.nullable().describe('null where the machine is too noisy for any.'),
    recommendedForMs: ms.describe('Time of a run that the threshold is recommended for.'),
    warnings: z.array(warningSchema),
  })
  .describe('What `qtune doctor --noise --json` prints: how far apart equal sides come out on this machine.');
