import { z } from 'zod';

const bytes = z.number().nonnegative().describe('Bytes, a whole number.');
const count = z.int().nonnegative();
const ratio = z.number().min(0).max(1);

const point = z.object({
  cacheBytes: bytes.describe('l2-cache-size.'),
  entryCount: count.describe('Entries that QEMU makes of it, at least 2.'),
  missCount: count.describe('Lookups that read a slice from the file. An estimate where `sampling` is there.'),
  missRatio: ratio.describe('missCount over lookupCount.'),
  missRatioLow: ratio.describe(
    'With missRatioHigh holds the true ratio at about 95 %; equal to missRatio where nothing was sampled.',
  ),
  missRatioHigh: ratio,
  readMissCount: count,
  readMissRatio: ratio.describe('readMissCount over readLookupCount.'),
  writeMissCount: count,
  writeMissRatio: ratio.describe('writeMissCount over writeLookupCount.'),
  allocatingWriteMissCount: count.describe('Of writeMissCount, those of allocating writes.'),
});

const curve = z
  .object({
    source: z.literal('computed'),
    clusterBytes: bytes,
    extendedL2: z.boolean(),
    entryBytes: bytes.describe('l2-cache-entry-size.'),
    entryCoverageBytes: bytes.describe('Guest bytes that one entry of the cache maps.'),
    fullCoverageBytes: bytes.describe('L2 cache that maps the whole disk.'),
    lookupCount: count.describe(
      'L2 lookups of a fully mapped image: one for each slice that a read or a write touches.',
    ),
    readLookupCount: count,
    writeLookupCount: count,
    allocatingWriteLookupCount: count.describe(
      'Of writeLookupCount, those that write to a cluster for the first time. Where the image starts empty, each is three lookups or more, of which all but the first hit.',
    ),
    sliceCount: count.describe('Slices that were looked up; the first lookup of each misses in any cache.'),
    sampling: z
      .object({ rateRatio: ratio.describe('Share of the slices that were followed.'), followedSliceCount: count })
      .nullable()
      .describe('null where every lookup was counted with its stack distance.'),
    kneeBytes: bytes.describe('Beyond it twice the cache saves less than 0.01 of the lookups their miss.'),
    needs: z
      .array(z.object({ hitShareRatio: ratio, entryCount: count, cacheBytes: bytes }))
      .describe('The smallest caches that give a share of the hits that any cache can give.'),
    points: z.array(point).describe('By cacheBytes, ascending.'),
  })
  .describe('One shape of metadata.');

/** The document of `qtune curve --json`. */
export const curveSchema = z
  .object({
    schema: z.literal('qtune.curve/1'),
    disk: z.object({
      virtualBytes: bytes,
      source: z.enum(['given', 'workload', 'requests']).describe('requests: the end of the last request, rounded up.'),
    }),
    requests: z.object({
      name: z.string(),
      requestCount: count,
      readCount: count,
      writeCount: count,
      trimCount: count.describe('Not counted as lookups.'),
      syncCount: count,
    }),
    curves: z.array(curve),
    warnings: z.array(
      z.object({ code: z.string(), subject: z.string(), message: z.string(), hint: z.string().optional() }),
    ),
  })
  .describe('The L2 miss ratio of every cache size, from one pass over the requests.');
