import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeCacheSizes, coverageLimitBytes } from '../../src/settings/cache-sizing.ts';
import { parseSettingList } from '../../src/settings/parse.ts';
import { geometryOf } from '../../src/settings/resolve.ts';

const K = 1024;
const M = 1024 ** 2;
const G = 1024 ** 3;
const T = 1024 ** 4;

function sizes(diskBytes: number, create: string, drive: string) {
  const [settings = {}] = create ? parseSettingList('create', create, '-o') : [{}];
  const [options = {}] = drive ? parseSettingList('drive', drive, '--drive') : [{}];
  return computeCacheSizes(geometryOf(diskBytes, settings), options);
}

describe('the caches that QEMU sets up', () => {
  // By hand from read_cache_sizes; the counts are checked against QEMU's trace in cache-sizing.live.test.ts.
  test.each([
    // disk, create, drive → L2 bytes, entry bytes, entries, refcount tables, covered bytes
    [T, '', '', 32 * M, 4 * K, 8192, 4, 256 * G],
    [256 * G, '', '', 32 * M, 64 * K, 512, 4, 256 * G],
    [256 * G + 512, '', '', 32 * M, 4 * K, 8192, 4, 256 * G],
    [8 * G, '', '', M, 64 * K, 16, 4, 8 * G],
    [G, '', '', 128 * K, 64 * K, 2, 4, G],
    [M, '', '', 128 * K, 64 * K, 2, 4, M],
    [T, '', 'l2-cache-size=1M', M, 4 * K, 256, 4, 8 * G],
    [T, '', 'l2-cache-size=1M,l2-cache-entry-size=64K', M, 64 * K, 16, 4, 8 * G],
    [T, '', 'l2-cache-size=100000', 96 * K, 4 * K, 24, 4, 768 * M],
    [T, '', 'l2-cache-size=0', 8 * K, 4 * K, 2, 4, 64 * M],
    [T, '', 'l2-cache-size=1G', 128 * M, 64 * K, 2048, 4, T],
    [T, '', 'l2-cache-size=128M', 128 * M, 64 * K, 2048, 4, T],
    [T, '', 'refcount-cache-size=1M', 32 * M, 4 * K, 8192, 16, 256 * G],
    [T, '', 'refcount-cache-size=1', 32 * M, 4 * K, 8192, 4, 256 * G],
    [8 * G, '', 'cache-size=2M', M, 64 * K, 16, 16, 8 * G],
    [8 * G, '', 'cache-size=1M', 768 * K, 4 * K, 192, 4, 6 * G],
    [8 * G, '', 'cache-size=100K', 8 * K, 4 * K, 2, 4, 64 * M],
    [8 * G, '', 'cache-size=0', 8 * K, 4 * K, 2, 4, 64 * M],
    [8 * G, '', 'cache-size=4M,l2-cache-size=4M', M, 64 * K, 16, 48, 8 * G],
    [8 * G, '', 'cache-size=4M,refcount-cache-size=1M', 3 * M, 64 * K, 48, 16, 8 * G],
    [T, 'extended_l2=on', '', 32 * M, 4 * K, 8192, 4, 128 * G],
    [T, 'cluster_size=512K', '', 16 * M, 512 * K, 32, 4, T],
    [T, 'cluster_size=2M', '', 4 * M, 2 * M, 2, 4, T],
    [4 * G, 'cluster_size=512', '', 32 * M, 512, 65_536, 4, 2 * G],
    [0, '', '', 128 * K, 64 * K, 2, 4, 0],
  ])('%d bytes, -o "%s", --drive "%s"', (disk, create, drive, l2Bytes, entry, count, tables, covered) => {
    const found = sizes(disk, create, drive);
    expect(found).toMatchObject({
      l2Bytes,
      l2EntryBytes: entry,
      l2EntryCount: count,
      refcountTableCount: tables,
      coveredBytes: covered,
      coveredRatio: disk === 0 ? 1 : covered / disk,
    });
  });

  test('documentation: 1 MiB of L2 cache for each 8 GiB, 4 clusters of refcounts', () => {
    for (const disk of [8 * G, 16 * G, 64 * G]) {
      expect(sizes(disk, '', '').l2FullCoverageBytes).toBe(disk / 8192);
      expect(sizes(disk, '', '').refcountBytes).toBe(256 * K);
    }
  });
});

test('the cliff is the largest disk that is covered whole, and one cluster more is not', () => {
  const options = fc.record({
    cluster_size: fc.integer({ min: 14, max: 21 }).map((bits) => 2 ** bits),
    extended_l2: fc.boolean(),
  });
  const drives = fc.constantFrom(
    '',
    'l2-cache-size=1M',
    'l2-cache-size=0',
    'l2-cache-size=3000000',
    'l2-cache-size=16M,l2-cache-entry-size=16K',
    'cache-size=20M',
    'cache-size=10M,refcount-cache-size=8M',
    'cache-size=10M,l2-cache-size=8M',
  );
  fc.assert(
    fc.property(options, drives, (create, text) => {
      const [drive = {}] = text ? parseSettingList('drive', text, 'x') : [{}];
      const limit = coverageLimitBytes(geometryOf(0, create), drive);
      expect(computeCacheSizes(geometryOf(limit, create), drive).coveredBytes).toBe(limit);
      const more = limit + create.cluster_size;
      expect(computeCacheSizes(geometryOf(more, create), drive).coveredBytes).toBeLessThan(more);
    }),
    { seed: 5, numRuns: 400 },
  );
});
