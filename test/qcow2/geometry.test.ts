import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeGeometry } from '../../src/qcow2/geometry.ts';
import { measureImage, measureSnapshots } from '../../src/qcow2/measure.ts';

const K = 1024;
const G = 1024 ** 3;
const T = 1024 ** 4;
const P = 1024 ** 5;

describe('the shape of the metadata', () => {
  // QEMU docs/qcow2-cache.txt and the qcow2 specification; one line a cluster size.
  test.each([
    // cluster, extended, entries a table, a table maps, tables of 1 TiB, cache for 1 TiB, a 16-bit refcount block holds
    [512, false, 64, 32 * K, 33_554_432, 16 * G, 128 * K],
    [4 * K, false, 512, 2 * K * K, 524_288, 2 * G, 8 * K * K],
    [64 * K, false, 8192, 512 * K * K, 2048, 128 * K * K, 2 * G],
    [2 * K * K, false, 262_144, 512 * G, 2, 4 * K * K, 2 * T],
    [16 * K, true, 1024, 16 * K * K, 65_536, G, 128 * K * K],
    [64 * K, true, 4096, 256 * K * K, 4096, 256 * K * K, 2 * G],
    [128 * K, true, 8192, G, 1024, 128 * K * K, 8 * G],
  ])('clusters of %d bytes, extended_l2 %s', (clusterBytes, extendedL2, entries, maps, tables, cache, block) => {
    const geometry = computeGeometry({ diskBytes: T, clusterBytes, extendedL2, refcountBits: 16 });
    expect(geometry).toMatchObject({
      l2EntryBytes: extendedL2 ? 16 : 8,
      l2EntriesPerTable: entries,
      l2TableCoverageBytes: maps,
      l2TableCount: tables,
      l1EntryCount: tables,
      l1Bytes: tables * 8,
      l2FullCoverageBytes: cache,
      refcountBlockCoverageBytes: block,
      subclusterBytes: extendedL2 ? clusterBytes / 32 : clusterBytes,
    });
  });

  test('a disk of one byte has one cluster and one table, an empty one has neither', () => {
    const options = { clusterBytes: 64 * K, extendedL2: false, refcountBits: 16 };
    expect(computeGeometry({ ...options, diskBytes: 1 })).toMatchObject({
      clusterCount: 1,
      l2TableCount: 1,
      l1Bytes: 8,
    });
    expect(computeGeometry({ ...options, diskBytes: 0 })).toMatchObject({
      clusterCount: 0,
      l2TableCount: 0,
      l1Bytes: 0,
    });
  });

  test('tables cover the disk and none is empty', () => {
    const option = fc.record({
      diskBytes: fc.maxSafeNat(),
      clusterBytes: fc.integer({ min: 14, max: 21 }).map((bits) => 2 ** bits),
      extendedL2: fc.boolean(),
      refcountBits: fc.integer({ min: 0, max: 6 }).map((order) => 2 ** order),
    });
    fc.assert(
      fc.property(option, (options) => {
        const { l2TableCount, l2TableCoverageBytes } = computeGeometry(options);
        expect(l2TableCount * l2TableCoverageBytes).toBeGreaterThanOrEqual(options.diskBytes);
        if (l2TableCount > 0) expect((l2TableCount - 1) * l2TableCoverageBytes).toBeLessThan(options.diskBytes);
      }),
      { seed: 2, numRuns: 500 },
    );
  });
});

describe('sizes on disk', () => {
  const usual = { clusterBytes: 64 * K, extendedL2: false, refcountBits: 16, preallocation: 'off' } as const;

  // Output of qemu-img measure 7.2.22.
  test.each([
    [{ diskBytes: 0 }, 196_608, 196_608],
    [{ diskBytes: 1 }, 327_680, 393_216],
    [{ diskBytes: 10 * G }, 1_900_544, 10_739_318_784],
    [{ diskBytes: T }, 168_034_304, 1_099_679_662_080],
    [{ diskBytes: K * K, extendedL2: true }, 327_680, 1_376_256],
    [{ diskBytes: K * K, preallocation: 'metadata' }, 327_680, 1_376_256],
    [{ diskBytes: K * K, preallocation: 'falloc' }, 1_376_256, 1_376_256],
    [{ diskBytes: K * K, preallocation: 'full' }, 1_376_256, 1_376_256],
  ] as const)('%j', (options, requiredBytes, fullyAllocatedBytes) => {
    expect(measureImage({ ...usual, ...options })).toMatchObject({ requiredBytes, fullyAllocatedBytes });
  });

  // The largest disk of each, and QEMU's refusal of one sector more.
  test.each([
    [512, false, 128 * G],
    [64 * K, false, 2 * P],
    [16 * K, true, 64 * T],
  ])('clusters of %d bytes, extended_l2 %s, allow a disk of %d bytes and no more', (clusterBytes, extendedL2, most) => {
    const options = { ...usual, clusterBytes, extendedL2 };
    expect(measureImage({ ...options, diskBytes: most }).l1Bytes).toBe(32 * K * K);
    expect(() => measureImage({ ...options, diskBytes: most + 512 })).toThrow(
      'The image size is too large (try using a larger cluster size)',
    );
  });

  test('the largest disk that qtune counts is measured exactly with 2 MiB clusters', () => {
    const { headerBytes, l1Bytes, l2Bytes, refcountBytes, dataBytes, fullyAllocatedBytes } = measureImage({
      ...usual,
      clusterBytes: 2 * K * K,
      diskBytes: Number.MAX_SAFE_INTEGER,
    });
    const exact = [headerBytes, l1Bytes, l2Bytes, refcountBytes, dataBytes].reduce(
      (sum, part) => sum + BigInt(part),
      0n,
    );
    expect(BigInt(fullyAllocatedBytes)).toBe(exact);
    expect(JSON.stringify(fullyAllocatedBytes)).toBe(String(exact));
  });
});

describe('internal snapshots', () => {
  const options = {
    diskBytes: T,
    clusterBytes: 64 * K,
    extendedL2: false,
    refcountBits: 16,
    preallocation: 'off',
  } as const;

  test('each takes a copy of the L1 table at once, and the whole disk again at worst', () => {
    const image = measureImage(options);
    const snapshots = measureSnapshots(options, 3);
    expect(snapshots).toMatchObject({ count: 3, maximumCount: 65_534, l1Bytes: 3 * 64 * K, tableBytes: 64 * K });
    expect(snapshots.fullyAllocatedBytes).toBeGreaterThan(4 * (image.dataBytes + image.l2Bytes));
    expect(measureSnapshots(options, 0)).toMatchObject({
      l1Bytes: 0,
      tableBytes: 0,
      fullyAllocatedBytes: image.fullyAllocatedBytes,
    });
  });

  // qemu-img 7.2 takes two snapshots at 2 bits and none at 1 bit, then fails with "Invalid argument".
  test.each([
    [1, 0],
    [2, 2],
    [4, 14],
    [64, 65_536],
  ])('refcounts of %d bits allow %d', (refcountBits, most) => {
    expect(measureSnapshots({ ...options, refcountBits }, 0).maximumCount).toBe(most);
    expect(() => measureSnapshots({ ...options, refcountBits }, most + 1)).toThrow(
      `${most + 1} internal snapshots do not fit: refcount_bits=${refcountBits} allows ${most}`,
    );
  });
});
