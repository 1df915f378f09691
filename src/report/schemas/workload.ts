import { z } from 'zod';
import { profileSchema } from '../../workload/profile.ts';
import { workloadStatsSchema } from './workload-stats.ts';

const bytes = z.int().min(0);
const count = z.int().min(0);
const parameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

const listSchema = z
  .object({
    schema: z.literal('qtune.workload/1'),
    workloads: z.array(
      z.object({
        name: z.string(),
        title: z.string(),
        source: z.string(),
        diskBytes: bytes,
        parameters: parameters.describe('What NAME:key=value can change, with the defaults'),
        hasExperiment: z.boolean().describe('Whether the profile brings configurations to compare'),
        recorded: z
          .object({ requestCount: count, durationMs: z.number().min(0).nullable() })
          .nullable()
          .describe('How much there is of a recorded workload; null for patterns'),
      }),
    ),
  })
  .describe('qtune workload list --json');

const showSchema = z
  .object({
    schema: z.literal('qtune.workload/1'),
    workload: z.object({
      name: z.string(),
      title: z.string(),
      about: z.string(),
      source: z.string(),
      diskBytes: bytes,
      seed: z.int().min(0),
      image: profileSchema.shape.image,
      parameters,
      warmUp: z.object({ requestCount: count, because: z.string() }),
      requestCount: count.describe('All requests, the warm-up and syncs included'),
      readCount: count,
      writeCount: count,
      trimCount: count,
      syncCount: count,
      readBytes: bytes,
      writeBytes: bytes,
      trimBytes: bytes,
      footprintBytes: bytes.describe('Distinct bytes read or written'),
      distinctWrittenBytes: bytes,
      sequentialRatio: z.number().min(0).max(1),
      allocation: z
        .array(z.object({ clusterBytes: bytes, clusterCount: count, dataBytes: bytes }))
        .describe('Data clusters that the writes touch, by cluster size'),
      requestHash: z.string().describe('SHA-256 of the requests as a fio iolog'),
      experiment: profileSchema.shape.experiment,
      published: profileSchema.shape.published,
    }),
  })
  .describe('qtune workload show NAME --json');

/** What `qtune workload --json` prints. */
export const workloadSchema = z.union([listSchema, showSchema, workloadStatsSchema]);
