import { describe, expect, test } from 'vitest';
import type { DriverCounters } from '../../../src/driver/counters.ts';
import { createImage } from '../../../src/driver/create-image.ts';
import { ExactLookups } from '../../../src/driver/curve/exact-lookups.ts';
import type { LookupProfile } from '../../../src/driver/curve/lookup-counter.ts';
import { commonHost, driverOptions } from '../../../src/driver/driver-options.ts';
import { noSink } from '../../../src/driver/host-io.ts';
import type { ImageState } from '../../../src/driver/image-state.ts';
import { Qcow2Driver } from '../../../src/driver/qcow2-driver.ts';
import { replay } from '../../../src/driver/replay.ts';
import type { SettingValues } from '../../../src/settings/configuration.ts';
import { Operation, type RequestBlock } from '../../../src/workload/request.ts';
import { recordedDiskBytes, recordedNames, recordedRequests } from '../../helpers/recorded.ts';

interface Shape {
  readonly clusterBytes: number;
  readonly extendedL2: boolean;
  readonly entryBytes: number;
}

/** @param preallocation `metadata`: every cluster is mapped */
function imageOf(shape: Shape, preallocation: 'off' | 'metadata'): ImageState {
  return createImage({
    virtualBytes: recordedDiskBytes,
    ...shape,
    refcountBits: 16,
    version: 3,
    lazyRefcounts: false,
    preallocation,
    externalData: false,
    dataFileRaw: false,
  });
}

/** What the model of the driver does; writes in place leave the image's metadata as they were. */
function driven(requests: RequestBlock, image: ImageState, drive: SettingValues): DriverCounters {
  const driver = new Qcow2Driver(image, driverOptions(image, drive, commonHost), noSink);
  replay(driver, requests);
  return driver.counters;
}

function driveOf({ entryBytes }: Shape, entryCount: number): SettingValues {
  return { 'l2-cache-size': entryCount * entryBytes, 'l2-cache-entry-size': entryBytes };
}

function profileOf(requests: RequestBlock, { clusterBytes, extendedL2, entryBytes }: Shape): LookupProfile {
  const sliceBytes = (entryBytes / (extendedL2 ? 16 : 8)) * clusterBytes;
  const counter = new ExactLookups({ diskBytes: recordedDiskBytes, clusterBytes, sliceBytes });
  counter.add(requests);
  return counter.profile();
}

/** At least 20 sizes, from the smallest cache to one entry more than there are slices. */
function sizesUpTo(sliceCount: number): readonly number[] {
  const sizes = new Set([2, sliceCount - 1, sliceCount, sliceCount + 1]);
  for (let step = 0; step <= 24; step++) sizes.add(Math.round(2 * (sliceCount / 2) ** (step / 24)));
  return [...sizes].filter((size) => size >= 2).sort((left, right) => left - right);
}

/** Writes whose clusters do not lie in one run of a preallocated file, since they cross from one L2 table to the next. */
function tableCrossings({ count, operation, offsetBytes, lengthBytes }: RequestBlock, tableBytes: number): number {
  let crossings = 0;
  for (let index = 0; index < count; index++) {
    if (operation[index] !== Operation.write) continue;
    const [offset, length] = [offsetBytes[index] ?? 0, lengthBytes[index] ?? 0];
    crossings += Math.floor((offset + length - 1) / tableBytes) - Math.floor(offset / tableBytes);
  }
  return crossings;
}

describe.each(recordedNames)('%s', (name) => {
  test.each<Shape>([
    { clusterBytes: 65_536, extendedL2: false, entryBytes: 4096 },
    { clusterBytes: 65_536, extendedL2: false, entryBytes: 512 },
    { clusterBytes: 4096, extendedL2: false, entryBytes: 4096 },
  ])('misses are those of the model of the driver at every size, %j', (shape) => {
    const requests = recordedRequests(name);
    const profile = profileOf(requests, shape);
    const { read, overwrite, allocate } = profile.lookups;
    const sizes = sizesUpTo(profile.sliceCount);
    expect(sizes.length).toBeGreaterThanOrEqual(20);
    const image = imageOf(shape, 'metadata');
    for (const entryCount of sizes) {
      const { l2Misses, l2Lookups } = driven(requests, image, driveOf(shape, entryCount));
      expect([entryCount, l2Misses]).toEqual([entryCount, profile.missesAt(entryCount).total]);
      const tableBytes = (shape.clusterBytes / 8) * shape.clusterBytes;
      expect(l2Lookups).toBe(read + overwrite + allocate + tableCrossings(requests, tableBytes));
    }
  });

  test('reads with extended L2 entries miss as in the model', () => {
    const shape = { clusterBytes: 65_536, extendedL2: true, entryBytes: 1024 };
    const requests = recordedRequests(name);
    // A preallocated image with subclusters has none of them allocated, so writes would not be in place.
    for (let index = 0; index < requests.count; index++)
      if (requests.operation[index] === Operation.write) requests.operation[index] = Operation.read;
    const profile = profileOf(requests, shape);
    const image = imageOf(shape, 'metadata');
    for (const entryCount of sizesUpTo(profile.sliceCount))
      expect(driven(requests, image, driveOf(shape, entryCount)).l2Misses).toBe(profile.missesAt(entryCount).total);
  });
});

test('where the image starts empty, every allocating write is three lookups or more', () => {
  const requests = recordedRequests('debootstrap');
  const shape = { clusterBytes: 65_536, extendedL2: false, entryBytes: 4096 };
  const { l2Lookups } = driven(requests, imageOf(shape, 'off'), {});
  const { overwrite, allocate } = profileOf(requests, shape).lookups;
  expect(l2Lookups).toBeGreaterThan(overwrite + 3 * allocate);
  expect(allocate).toBeGreaterThan(1000);
});
