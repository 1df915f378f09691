import { z } from 'zod';
import { traceFormatNames } from '../../workload/trace/trace-format.ts';

const bytes = z.number().nonnegative().describe('Bytes.');
const count = z.int().nonnegative();
const ratio = z.number().min(0).max(1);
const ms = z.number().nonnegative().describe('Milliseconds.');
const tally = z.object({ what: z.string(), count });

const sizeDistribution = z
  .object({
    meanBytes: bytes,
    minimumBytes: bytes,
    p50Bytes: bytes,
    p90Bytes: bytes,
    p99Bytes: bytes,
    maximumBytes: bytes,
    frequent: z.array(z.object({ bytes, requestCount: count, ratio })).describe('The most frequent sizes.'),
    classes: z
      .array(z.object({ upToBytes: bytes, requestCount: count }))
      .describe('By powers of two, without empty ones.'),
  })
  .nullable();

const order = z.object({
  sequentialRatio: ratio.describe('Start where the one before ended.'),
  backwardRatio: ratio.describe('End where the one before started.'),
  nearRatio: ratio.describe('Start at most 128 KiB from where the one before ended, and are neither of the others.'),
});

const timing = z.object({
  requestsPerSecond: z.number().nonnegative(),
  busiestSecond: z.object({ startMs: ms, requestCount: count }),
  peakRatio: z.number().min(1).describe('Requests of the busiest second over those of an average one.'),
  interArrival: z.object({
    meanMs: ms,
    p50Ms: ms,
    p90Ms: ms,
    p99Ms: ms,
    maximumMs: ms,
    variationRatio: z
      .number()
      .nonnegative()
      .describe('Standard deviation over mean: 0 steady, 1 random, more in bursts.'),
  }),
});

const windowSchema = z.object({
  startMs: ms.nullable().describe('null where requests have no times.'),
  firstRequest: count,
  requestCount: count,
  readBytes: bytes,
  writeBytes: bytes,
  syncCount: count,
  workingSetBytes: bytes.describe('Distinct pages of 4 KiB read or written in the window.'),
});

const allocation = z.object({
  clusterBytes: bytes,
  extendedL2: z.boolean(),
  subclusterBytes: bytes.describe('clusterBytes, or 1/32 of it with extended L2 entries.'),
  touchedClusterCount: count.describe('Clusters read or written.'),
  writtenClusterCount: count,
  allocatingWriteCount: count.describe('Writes that touch a cluster before any other write does.'),
  allocatingWriteRatio: ratio,
  copyOnWriteBytes: bytes.describe('Copied from a backing file that has data all over.'),
  copyOnWriteRatio: z.number().nonnegative().describe('copyOnWriteBytes over writeBytes.'),
  touchedSliceCount: count.describe('L2 slices of 4 KiB, or of a cluster where that is less, that are looked up.'),
  sliceCoverageBytes: bytes.describe('Disk that one of them maps.'),
  dataBytes: bytes.describe('Allocated for the written data in an image that starts empty.'),
  tableBytes: bytes.describe('L2 tables for it.'),
  spaceAmplificationRatio: z
    .number()
    .nonnegative()
    .nullable()
    .describe('dataBytes and tableBytes over distinctWrittenBytes; null without writes.'),
});

const reuseCurve = z.object({
  blockBytes: bytes.describe('What one lookup is for.'),
  entryBytes: bytes.describe('What it takes in the cache.'),
  lookupCount: count,
  blockCount: count.describe('Different blocks; the first lookup of each misses in every cache.'),
  isSampled: z.boolean(),
  points: z.array(z.object({ cacheBytes: bytes, missRatio: ratio, missRatioLow: ratio, missRatioHigh: ratio })),
});

const survey = z.object({
  format: z.enum(traceFormatNames),
  title: z.string(),
  compression: z.enum(['none', 'gzip', 'zstd', 'xz']),
  devices: z.array(tally).describe('All devices of the trace by their requests.'),
  device: z.string().optional().describe('The one that was picked.'),
  skippedCount: count.describe('Bad lines or records that were skipped.'),
  firstSkipped: z.string().optional(),
  passedOver: z.array(tally).describe('What is in the file and is no request.'),
  notes: z.array(tally).describe('What was taken as what, and how often.'),
  outsideWindowCount: count,
  movedCount: count.describe('Requests that --fit moved or cut.'),
});

/** What `qtune workload stats --json` prints. */
export const workloadStatsSchema = z
  .object({
    schema: z.literal('qtune.workload/1'),
    name: z.string(),
    title: z.string(),
    source: z.string(),
    diskBytes: bytes,
    requestCount: count.describe('All requests, the warm-up and syncs included.'),
    readCount: count,
    writeCount: count,
    trimCount: count,
    syncCount: count,
    readBytes: bytes,
    writeBytes: bytes,
    trimBytes: bytes,
    footprintBytes: bytes.describe('Distinct bytes read or written, in sectors.'),
    distinctWrittenBytes: bytes,
    rewrittenBytes: bytes.describe('writeBytes less distinctWrittenBytes.'),
    durationMs: ms.nullable().describe('First to last request; null where the requests have no times.'),
    sequentialRatio: ratio.describe('Reads, writes and trims that start where the one before ended.'),
    readRatio: ratio.describe('Reads among reads and writes.'),
    readBytesRatio: ratio,
    sizes: z.object({ read: sizeDistribution, write: sizeDistribution, trim: sizeDistribution }),
    alignment: z.array(
      z.object({
        bytes,
        startRatio: ratio.describe('Start at a multiple of `bytes`.'),
        ratio: ratio.describe('Start and end at one.'),
        straddlingRatio: ratio.describe('Touch one more unit of `bytes` than if they started at one.'),
      }),
    ),
    order: z.object({ all: order, reads: order, writes: order }).describe('Each kind as if the others were not there.'),
    timing: timing.nullable(),
    syncs: z.object({
      writesPerSync: z.number().nonnegative().nullable(),
      writtenBytesPerSync: bytes.nullable(),
      syncsPerSecond: z.number().nonnegative().nullable(),
    }),
    pages: z.object({
      accessCount: count.describe('Pages of 4 KiB that reads and writes touch, one after the other.'),
      seenBeforeRatio: ratio.describe('Of them, those touched before.'),
    }),
    windows: z.object({
      widthMs: ms.nullable(),
      widthRequestCount: count.nullable(),
      list: z.array(windowSchema),
    }),
    allocation: z.array(allocation).describe('Every cluster size, then again with extended L2 entries.'),
    reuse: z
      .object({
        data: reuseCurve.describe('A cache of blocks of data.'),
        l2: reuseCurve.describe("QEMU's L2 cache with clusters of 64 KiB, in slices of 4 KiB."),
      })
      .nullable()
      .describe('Misses of LRU caches; null without reads and writes.'),
    trace: survey.nullable().describe('How the trace was read; null for a profile.'),
    estimate: z
      .object({ keys: z.array(z.string()), followedRatio: ratio, errorRatio: z.number().nonnegative() })
      .nullable()
      .describe('Which keys hold estimates, and how far off they may be at 95 %; null where all is exact.'),
    warnings: z.array(
      z.object({ code: z.string(), subject: z.string(), message: z.string(), hint: z.string().optional() }),
    ),
  })
  .describe('qtune workload stats NAME|FILE --json');
