import { expect, test } from 'vitest';
import { expectedMissRatio, predictSpaceAmplification, requestMicroseconds } from '../../src/advisor/prediction.ts';
import { costAt, publishedSsd } from '../../src/advisor/reference-costs.ts';
import { traitsOfRequests } from '../../src/advisor/requests-traits.ts';
import { computeCacheSizes } from '../../src/settings/cache-sizing.ts';
import { geometryOf } from '../../src/settings/resolve.ts';
import { type TestRequest, workloadOf } from '../helpers/workload.ts';
import { gib, traits } from './requests.ts';

/** IOPS of 4 KiB random reads of a full 40 GB image on the SSD of the published figures. */
function publishedIops(clusterBytes: number, l2Bytes: number, entryBytes: number): number {
  const create = { cluster_size: clusterBytes };
  const geometry = geometryOf(40 * gib, create);
  const cache = computeCacheSizes(geometry, { 'l2-cache-size': l2Bytes, 'l2-cache-entry-size': entryBytes });
  const input = { geometry, cache, traits: traits('random-read'), hasBacking: false, preallocated: false };
  return 1e6 / requestMicroseconds(input, publishedSsd);
}

// QEMU commit af39bd0d9a; every row of both tables.
test.each([
  [65_536, 1, 4096, 6545],
  [65_536, 3, 4096, 12_045],
  [65_536, 5, 4096, 55_680],
  [65_536, 1, 16_384, 5177],
  [65_536, 3, 16_384, 9798],
  [65_536, 5, 16_384, 56_278],
  [65_536, 1, 65_536, 2718],
  [65_536, 3, 65_536, 5326],
  [65_536, 5, 65_536, 57_355],
  [262_144, 0.5, 4096, 8539],
  [262_144, 1, 4096, 21_071],
  [262_144, 1.25, 4096, 55_417],
  [262_144, 0.5, 65_536, 3598],
  [262_144, 1, 65_536, 9772],
  [262_144, 0.5, 262_144, 1415],
  [262_144, 1, 262_144, 4120],
])(
  'clusters of %i with %d MiB in entries of %i come within 15 %% of the published %i IOPS',
  (cluster, mib, entry, published) => {
    const predicted = publishedIops(cluster, mib * 2 ** 20, entry);
    expect(predicted / published).toBeGreaterThan(0.85);
    expect(predicted / published).toBeLessThan(1.15);
  },
);

test('a cache that covers the disk misses nothing', () => {
  expect(expectedMissRatio(traits('random-read'), 100 * gib, 100 * gib)).toBe(0);
});

test('uniform reads miss what is not covered', () => {
  expect(expectedMissRatio(traits('random-read'), 2 ** 41, 2 ** 38)).toBeCloseTo(0.875, 9);
});

// The recorded miss ratios of the TPC-C trace: 128 and 512 of 2,506 areas of 32 MiB.
test.each([
  [128, 0.917],
  [512, 0.721],
])('a database with %i of 2,506 areas covered misses like the recorded trace', (areas, recorded) => {
  const database = traits('database');
  const disk = (2506 * 2 ** 25) / 0.36;
  expect(expectedMissRatio(database, disk, areas * 2 ** 25)).toBeCloseTo(recorded, 1);
});

test('costs between two rows of a table lie between theirs', () => {
  expect(costAt(publishedSsd.copy, 65_536)).toBeCloseTo(598, 6);
  const between = costAt(publishedSsd.copy, 90_000);
  expect(between).toBeGreaterThan(598);
  expect(between).toBeLessThan(1149);
  expect(costAt(publishedSsd.copy, 512)).toBe(10_526);
  expect(costAt(publishedSsd.copy, 2 ** 30)).toBe(4673);
});

test.each([
  [65_536, false, 3 * 65_536],
  [2 ** 21, false, 2 * 2 ** 21],
  [65_536, true, 3 * 4096],
])(
  "space of a workload's own requests is what they allocate, in clusters of %i, preallocated: %s",
  (cluster, preallocated, allocated) => {
    // Written over again, it is stored once.
    const requests: TestRequest[] = [
      ['write', 0, 4096],
      ['write', 0, 4096],
      ['write', 65_536, 512],
      ['read', 2 ** 22, 4096],
      ['write', 2 ** 22, 4096],
    ];
    const geometry = geometryOf(gib, { cluster_size: cluster });
    const cache = computeCacheSizes(geometry, {});
    const own = traitsOfRequests(workloadOf(requests));
    const { value, low, high } = predictSpaceAmplification({
      geometry,
      cache,
      traits: own,
      hasBacking: false,
      preallocated,
    });
    expect(value).toBe(allocated / (2 * 4096 + 512));
    expect([low, high]).toEqual([value, value]);
  },
);

test('requests that meet an allocated image say nothing about space', () => {
  const own = traitsOfRequests(workloadOf([['write', 0, 4096]], { image: { content: 'mapped' } }));
  expect(own.allocatedRatios).toBeUndefined();
});

test('the entries that requests need are those between which they go to and fro', () => {
  const rounds = Array.from({ length: 200 }, (_, index) => ['read', (index % 5) * 2 ** 25, 4096] as const);
  // Five entries of 4 KiB map 32 MiB each; the sixth is looked at once, which no cache makes a hit.
  const own = traitsOfRequests(workloadOf([...rounds, ['read', 5 * 2 ** 25, 4096]], { diskBytes: gib }));
  expect(own.neededSliceCount).toBe(5);
});
