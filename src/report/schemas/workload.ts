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

const recordingSchema = z
  .object({
    schema: z.literal('qtune.workload/1'),
    recording: z.object({
      name: z.string(),
      trace: z.string().describe('The file that was made'),
      command: z.array(z.string()),
      fileSystem: z.enum(['ext4', 'xfs', 'none']),
      diskBytes: bytes,
      exitCode: count.describe('Of the program; 128 and the number of the signal that ended it'),
      programMs: z.number().min(0),
      wallMs: z.number().min(0).describe('With what was still to be written when the program ended, and the unmount'),
      setupCount: count.describe('Requests of mkfs and mount, the first ones of the trace'),
      image: z
        .object({
          fileBytes: bytes,
          allocatedBytes: bytes.describe('What the host stores'),
          clusterBytes: bytes,
          totalClusterCount: count,
          allocatedClusterCount: count,
          fragmentedClusterCount: count,
          compressedClusterCount: count,
          dataExtentCount: count,
          zeroBytes: bytes.describe('Of the disk, marked as zeroes'),
        })
        .describe('The image afterwards, by qemu-img info, check and map'),
      blockStatistics: z.unknown().describe('query-blockstats of all nodes, as QEMU gave it'),
      notes: z.array(z.string()),
    }),
    statistics: workloadStatsSchema
      .omit({
        schema: true,
        name: true,
        title: true,
        source: true,
        diskBytes: true,
        reuse: true,
        trace: true,
        warnings: true,
      })
      .describe('Of all requests in the trace'),
  })
  .describe('qtune workload record --json -- COMMAND');

/** What `qtune workload --json` prints. */
export const workloadSchema = z.union([listSchema, showSchema, workloadStatsSchema, recordingSchema]);
