import { z } from 'zod';

const settings = z.record(z.string(), z.union([z.number(), z.boolean(), z.string()]));

/** What `qtune recommend --json` says of the search. */
export const spaceFields = {
  held: z.object({ create: settings, drive: settings }).optional().describe('Settings that were given, not searched'),
  space: z
    .object({
      steps: z
        .array(
          z.object({
            name: z.enum(['all', 'valid', 'open', 'distinct', 'affordable', 'undominated', 'compared', 'front']),
            title: z.string(),
            count: z.number().nonnegative().describe('Configurations that are left'),
          }),
        )
        .describe('How the space became smaller, step by step'),
      settings: z.array(
        z.object({
          scope: z.enum(['create', 'drive']),
          name: z.string(),
          role: z
            .enum(['searched', 'same-io', 'held', 'fixed', 'elsewhere'])
            .describe(
              "same-io: no value changes this workload's host I/O; held: stays although it matters; fixed: decided by the question, the image or the target; elsewhere: said by another setting, or a name",
            ),
          because: z.string().optional(),
        }),
      ),
    })
    .optional()
    .describe('What was searched'),
  front: z
    .array(
      z.object({
        create: settings,
        drive: settings,
        iops: z.number().positive(),
        memoryBytes: z.int().nonnegative(),
        spaceAmplificationRatio: z.number().positive(),
        allowed: z.boolean().describe('Whether the priority admits how fast the file grows'),
      }),
    )
    .optional()
    .describe('The Pareto front over speed, cache memory and growth, fastest first; predicted'),
};
