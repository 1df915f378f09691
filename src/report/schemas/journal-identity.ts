import { z } from 'zod';

/** Which run a document speaks of. */
export const journalIdentitySchema = z.object({
  path: z.string(),
  startedAt: z.string(),
  planHash: z.string(),
  seed: z.number(),
  engine: z.string(),
  qemu: z.string().nullable(),
  fingerprint: z.string(),
  trialCount: z.int(),
  completedCount: z.int(),
  resumeCount: z.int(),
});
