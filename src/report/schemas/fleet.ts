import { z } from 'zod';

const bytes = z.number().nonnegative().describe('Bytes, a whole number; sums of disk sizes beyond 2^53 are rounded.');
const count = z.int().nonnegative();
const rate = z.number().nonnegative();
const ratio = z.number().min(0).max(1);

const sums = {
  diskCount: count,
  diskBytes: bytes.describe('Virtual sizes.'),
  allocatedBytes: bytes,
  imageCount: count.describe('Images of all chains.'),
  worstCaseBytes: bytes.describe('All metadata caches full, those of backing images included.'),
  l2Bytes: bytes.describe('L2 caches of the active images.'),
  refcountBytes: bytes.describe('Refcount caches of all images.'),
  backingBytes: bytes.describe("L2 caches of backing images, which keep QEMU's defaults."),
  expectedBytes: bytes.describe('What is likely filled: entries used within cache-clean-interval.'),
  fullCoverageBytes: bytes.describe('L2 caches that map every disk whole.'),
  workingSetBytes: bytes.describe('L2 caches that map every working set, as far as it has data.'),
  fixedBytes: bytes.describe('What no setting of a drive changes: refcountBytes and backingBytes.'),
  leastBytes: bytes.describe('The least that QEMU sets up.'),
  lookupsPerSecond: rate.describe('Requests, times the weight of their disk.'),
  missesPerSecond: rate.describe('L2 misses under the settings of today.'),
  leastMissesPerSecond: rate.describe('L2 misses that no cache saves.'),
  belowFullCoverageCount: count,
  belowWorkingSetCount: count,
  idleCount: count,
};

const split = z.object({
  budget: z.object({ scope: z.enum(['all', 'host']), budgetBytes: bytes }),
  memoryBytes: bytes.describe('All metadata caches under the new settings.'),
  leastBytes: bytes,
  missesPerSecond: rate,
  todayMissesPerSecond: rate,
  savedMissesPerSecond: z.number().describe('Today less then; negative where the budget is below what is used today.'),
  leastCacheMissesPerSecond: rate.describe('With the least caches.'),
  evenMissesPerSecond: rate.describe('With the budget in equal parts.'),
  boundRatio: ratio.describe('What is saved over the least caches, of what no split exceeds.'),
  nextMebibyteSavesPerSecond: rate,
  classCount: count,
  classes: z
    .array(
      z.object({
        workload: z.string(),
        clusterBytes: bytes,
        extendedL2: z.boolean(),
        diskCount: count,
        smallestDiskBytes: bytes,
        largestDiskBytes: bytes,
        smallestCacheBytes: bytes.describe('l2-cache-size of one disk.'),
        largestCacheBytes: bytes,
        todayL2Bytes: bytes,
        l2Bytes: bytes,
        missesPerSecond: rate,
        todayMissesPerSecond: rate,
        example: z.object({ name: z.string(), l2CacheBytes: bytes }),
      }),
    )
    .describe(
      'Disks of one workload, shape and order of size, those with the most memory first. --out has every disk.',
    ),
});

const conversion = z.object({
  neededBytes: bytes.describe('fixedBytes and workingSetBytes of today.'),
  leastNeededBytes: bytes.describe('The same once everything that pays is converted.'),
  worstCaseBytes: bytes,
  convertedWorstCaseBytes: bytes,
  convertibleCount: count,
  keptForSnapshotsCount: count.describe('Not converted: `qemu-img convert` does not copy internal snapshots.'),
  half: z
    .object({ groupCount: count, diskCount: count, copiedBytes: bytes })
    .nullable()
    .describe('What to convert to need half the memory; null where all of it is not enough.'),
  steps: z
    .array(
      z.object({
        name: z.string().describe('The first disk of its kind.'),
        diskCount: count,
        clusterBytes: bytes,
        extendedL2: z.boolean(),
        savedBytes: bytes,
        copiedBytes: bytes,
        totalSavedBytes: bytes,
        totalCopiedBytes: bytes,
        command: z.string(),
      }),
    )
    .describe('By memory saved per byte copied; the first 100.'),
  curve: z.array(z.object({ copiedBytes: bytes, neededBytes: bytes })),
});

/** The document of `qtune capacity FLEET --json`. */
export const fleetSchema = z
  .object({
    schema: z.literal('qtune.fleet/1'),
    fleet: z.object({
      name: z.string(),
      format: z.enum(['csv', 'jsonl']),
      rowCount: count,
      groupCount: count.describe('Disks that differ in more than their name.'),
      hostCount: count,
      skippedCount: count.describe('Bad rows, with --skip-bad.'),
      skipped: z.array(z.object({ line: count, column: z.string().optional(), why: z.string() })),
      unknownColumns: z.array(z.string()),
    }),
    today: z.object(sums),
    workloads: z.array(z.object({ name: z.string(), source: z.string(), ...sums })),
    hosts: z.array(
      z.object({
        name: z.string(),
        ...sums,
        split: z.object({ memoryBytes: bytes, missesPerSecond: rate }).optional(),
        exceededMonth: count.optional().describe("Month in which the host's working sets need more than its budget."),
      }),
    ),
    hostsLeftOutCount: count,
    split: split.optional().describe('With --budget or --budget-per-host.'),
    conversion,
    growth: z
      .object({
        points: z.array(
          z.object({
            month: count,
            allocatedBytes: bytes,
            worstCaseBytes: bytes,
            neededBytes: bytes,
            enlargedCount: count.describe('Disks with more data than they have room for today.'),
          }),
        ),
        exceededMonth: count.nullable().describe('null: not within the last month, or without a budget.'),
      })
      .optional()
      .describe('Where the file says how disks grow.'),
    warnings: z.array(
      z.object({ code: z.string(), subject: z.string(), message: z.string(), hint: z.string().optional() }),
    ),
  })
  .describe('Metadata caches of many disks, and the best split of a budget between them.');
