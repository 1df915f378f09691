import { z } from 'zod';

const bytes = z.number().nonnegative().describe('Bytes, a whole number.');
const count = z.int().nonnegative();
const ratio = z.number().min(0).max(1);
const settings = z
  .record(z.string(), z.union([z.number(), z.boolean(), z.string()]))
  .describe("Options by QEMU's names; sizes in bytes. What is absent is QEMU's default.");

const onDisk = z
  .object({
    requiredBytes: bytes.describe(
      'As `qemu-img measure`: all metadata of a full image, and the data where it is preallocated.',
    ),
    fullyAllocatedBytes: bytes.describe('As `qemu-img measure`: the file once every cluster is written.'),
    headerBytes: bytes,
    l1Bytes: bytes.describe('The L1 table in whole clusters.'),
    l2Bytes: bytes.describe('All L2 tables.'),
    refcountBytes: bytes.describe('Refcount blocks and the refcount table.'),
    dataBytes: bytes.describe('The virtual size in whole clusters.'),
  })
  .describe('One image in its file; header, L1, L2, refcounts and data add up to fullyAllocatedBytes.');

const cache = z
  .object({
    l2FullCoverageBytes: bytes.describe('L2 cache that holds every L2 table of the disk.'),
    l2Bytes: bytes.describe('L2 cache that QEMU sets up.'),
    l2EntryBytes: bytes.describe('Read at each L2 miss.'),
    l2EntryCount: count,
    refcountBytes: bytes.describe('Refcount cache that QEMU sets up.'),
    refcountTableCount: count,
    coveredBytes: bytes.describe('Guest bytes whose mapping the L2 cache holds at once.'),
    coveredRatio: ratio.describe('coveredBytes over the virtual size.'),
  })
  .describe('Metadata caches of the active image, in memory.');

const footprint = {
  settings: z.object({ label: z.string(), create: settings, drive: settings }),
  onDisk,
  cache,
  coverageLimitBytes: bytes.describe('The largest disk that an L2 cache under these settings covers whole.'),
  layers: z
    .array(
      z.object({
        role: z.enum(['active', 'backing']).describe("Backing images keep QEMU's default caches."),
        imageCount: count,
        cache,
        memoryBytes: bytes.describe('Both caches of all images of this kind.'),
        fullCoverageMemoryBytes: bytes.describe('The same with L2 caches that hold every table.'),
      }),
    )
    .describe('The images of one chain.'),
  snapshots: z
    .object({
      count,
      maximumCount: count.describe('What the refcount width allows.'),
      l1Bytes: bytes.describe("The snapshots' copies of the L1 table."),
      tableBytes: bytes.describe('The snapshot table, with names of 16 bytes.'),
      fullyAllocatedBytes: bytes.describe('The file if the guest rewrites every cluster after each snapshot.'),
    })
    .optional()
    .describe('With --snapshots.'),
  total: z
    .object({
      diskCount: count,
      imageCount: count,
      memoryBytes: bytes,
      fullCoverageMemoryBytes: bytes,
      requiredBytes: bytes,
      fullyAllocatedBytes: bytes,
    })
    .describe('All disks, with all images of their chains and all snapshots.'),
};

const configuration = z.object(footprint);

/** The document of `qtune capacity --json`. */
export const capacitySchema = z
  .object({
    schema: z.literal('qtune.capacity/1'),
    disk: z.object({ virtualBytes: bytes }),
    ...footprint,
    configurations: z
      .array(configuration)
      .optional()
      .describe('Every configuration, where there are several; the keys above are those of the first.'),
    cliff: z
      .object({
        byClusterSize: z.array(
          z.object({
            clusterBytes: bytes,
            maximumDiskBytes: bytes.describe('What the format allows, at most 2^53-1.'),
            coverageLimitBytes: bytes.describe("The largest disk that QEMU's default L2 cache covers whole."),
            l2FullCoverageBytes: bytes
              .optional()
              .describe('For this disk; absent where it is too large for the format.'),
            coveredRatio: ratio.optional().describe('Of this disk by the default L2 cache; absent as above.'),
          }),
        ),
        byDiskSize: z.array(
          z.object({
            diskBytes: bytes,
            coveredRatio: ratio.describe('By the default L2 cache.'),
            settingsCoveredRatio: ratio.describe("Under the first configuration's run-time settings."),
          }),
        ),
      })
      .describe(
        "How much of a disk QEMU's default L2 cache covers, with the first configuration's create-time settings.",
      ),
    warnings: z.array(
      z.object({ code: z.string(), subject: z.string(), message: z.string(), hint: z.string().optional() }),
    ),
  })
  .describe('Metadata on disk and cache memory of a disk; arithmetic, equal to what QEMU does.');
