import { z } from 'zod';

/** A predicted value. */
export const interval = z
  .object({ value: z.number().nonnegative(), low: z.number().nonnegative(), high: z.number().nonnegative() })
  .describe('Predicted, with its range');

const values = z
  .record(z.string(), z.union([z.number(), z.boolean(), z.string()]))
  .describe("Options by QEMU's name; sizes are bytes. Only those that differ from QEMU's defaults");

const outcome = z.object({
  create: values,
  drive: values,
  iops: interval,
  memoryBytes: z.int().nonnegative(),
});

const effect = z.object({
  speedRatio: interval.describe('Speed with the setting over speed without it'),
  memoryBytes: z.int().describe('What it adds to the caches'),
  spaceAmplificationRatio: z.number().describe('What it adds to the host bytes per byte stored'),
});

/** What each workload of a blend gets. */
export const workloadEffects = z.array(
  z.object({
    name: z.string(),
    title: z.string(),
    source: z.string(),
    weightRatio: z.number().min(0).max(1).describe('Its part of the sum of the weights'),
    recommended: z.object({ iops: interval }),
    baseline: z.object({ iops: interval }),
    speedRatio: z.number().nonnegative(),
  }),
);

/** What each recommended setting does. */
export const contributions = z.array(
  z.object({
    scope: z.enum(['create', 'drive']),
    setting: z.string(),
    value: z.union([z.number(), z.boolean(), z.string()]),
    alone: effect.optional().describe('As the only change from the defaults; absent where QEMU does not take it alone'),
    last: effect
      .optional()
      .describe('On top of all other recommended settings; absent where QEMU does not take those without it'),
  }),
);

/** What becomes of a recommendation in other circumstances. */
export const sensitivity = z.array(
  z.object({
    id: z.enum(['working-set-2x', 'disk-2x', 'disk-4x', 'spread-2x', 'memory-half']),
    title: z.string().describe('To be read after "if"'),
    recommended: outcome.describe('The recommended settings then'),
    baseline: outcome.describe('The defaults then'),
    speedRatio: interval.describe('Of the recommended settings over the defaults'),
    instead: outcome.optional().describe('What would be recommended then; absent where it stays'),
    isImpossible: z.boolean().describe('Whether no settings fit then'),
  }),
);
