import { z } from 'zod';
import { configurationSchema, warningSchema } from './journal.ts';

const bytes = z.number().nonnegative().describe('Bytes.');
const count = z.int().nonnegative();

const cache = z.object({
  entryBytes: bytes,
  entryCount: count,
  lookupCount: count,
  missCount: count,
  evictionCount: count.describe('Dirty entries written because another needed their place.'),
  hitRatio: z.number().min(0).max(1).nullable().describe('Null where nothing was looked up.'),
});

const row = z.object({
  configuration: configurationSchema,
  source: z.literal('computed').describe('Of every figure but those in `expected`.'),
  hostIo: z
    .array(
      z.object({
        op: z.enum(['read', 'write', 'zero', 'discard', 'sync']),
        file: z.enum(['image', 'backing', 'data']),
        for: z
          .enum(['l1', 'l2', 'refcount', 'refcount-table', 'header', 'snapshot', 'data', 'copy-on-write'])
          .optional()
          .describe('Absent for syncs.'),
        count,
        bytes,
      }),
    )
    .describe('From the first guest request to the close of the image.'),
  hostReadCount: count,
  hostReadBytes: bytes,
  hostWriteCount: count,
  hostWriteBytes: bytes,
  hostSyncCount: count,
  metadataReadCount: count.describe('Reads of tables and headers, backing files included.'),
  metadataWriteCount: count,
  metadataBytes: bytes,
  metadataPerRequestCount: z.number().nonnegative().describe('Metadata reads and writes over all guest requests.'),
  l2Cache: cache,
  refcountCache: cache,
  allocatedClusterCount: count.describe('Clusters allocated for data.'),
  copiedClusterCount: count.describe('Clusters copied on write, whole or in part.'),
  fileBytes: bytes.describe('Length of the image and its external data file at the end.'),
  allocatedBytes: bytes.describe('What they take on disk.'),
  usedClusterCount: count.describe('Clusters of the image with a reference count above zero.'),
  spaceAmplificationRatio: z.number().nonnegative().nullable().describe('Allocated over distinct stored bytes.'),
  writeAmplificationRatio: z
    .number()
    .nonnegative()
    .nullable()
    .describe('Bytes written to the host, zeroed ranges left out, over bytes that the guest wrote.'),
  hostSeekBytes: bytes
    .nullable()
    .describe('Mean distance between consecutive data I/Os in the file that holds the data.'),
  expected: z.array(
    z.object({
      metric: z.literal('iops'),
      source: z.literal('predicted'),
      value: z.number().nonnegative(),
      low: z.number().nonnegative(),
      high: z.number().nonnegative(),
    }),
  ),
});

/** The document of `qtune simulate --json`. */
export const simulateSchema = z
  .object({
    schema: z.literal('qtune.simulate/1'),
    disk: z.object({ virtualBytes: bytes }),
    image: z.string().nullable().describe('The image that was read; null where one was made up from the settings.'),
    content: z.enum(['empty', 'mapped', 'full']).nullable().describe('What a made-up image held at first.'),
    backing: z.string(),
    qemu: z.string().describe('The version that is modelled.'),
    requests: z.object({
      name: z.string(),
      requestCount: count,
      readCount: count,
      writeCount: count,
      trimCount: count,
      syncCount: count,
      writeBytes: bytes,
      distinctWriteBytes: bytes,
      guestSeekBytes: bytes.describe('Mean distance between consecutive reads and writes.'),
    }),
    costs: z.object({ name: z.string(), source: z.string() }).describe('What predictions are made from.'),
    simulations: z.array(row).min(1),
    warnings: z.array(warningSchema),
  })
  .describe("What QEMU's driver would do with given requests: the model, without QEMU.");
