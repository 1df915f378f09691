import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cloneImage } from '../../src/driver/clone-image.ts';
import { createImage } from '../../src/driver/create-image.ts';
import { commonHost, driverOptions } from '../../src/driver/driver-options.ts';
import type { ImageState } from '../../src/driver/image-state.ts';
import { Qcow2Driver } from '../../src/driver/qcow2-driver.ts';

const silent = { io(): void {} };
const virtualBytes = 2 ** 30;

function newImage(extendedL2: boolean): ImageState {
  return createImage({
    ...{ virtualBytes, clusterBytes: 65_536, extendedL2, refcountBits: 16, lazyRefcounts: false, version: 3 },
    ...{ preallocation: 'off', externalData: false, dataFileRaw: false },
  });
}

function driverOf(image: ImageState): Qcow2Driver {
  return new Qcow2Driver(image, driverOptions(image, {}, commonHost), silent);
}

/** All that a test can see of an image. */
function stateOf(image: ImageState) {
  const tables = [...image.l2Tables.values()].map(
    ({ offsetBytes, linearBase, linearCount, clusters, flags, allocated }) => ({
      ...{ offsetBytes, linearBase, linearCount },
      ...{ clusters: [...clusters], flags: [...flags], allocated: [...allocated] },
    }),
  );
  const blocks = Array.from({ length: image.file.lengthBytes / 4096 }, (_, block) => image.file.stateAt(block * 4096));
  const refcounts = Array.from({ length: image.file.lengthBytes / 65_536 }, (_, cluster) =>
    image.refcounts.get(cluster),
  );
  return { l1: [...image.l1], tables, blocks, refcounts, lengthBytes: image.file.lengthBytes };
}

const writes = fc.array(
  fc.record({ page: fc.integer({ min: 0, max: 2 ** 18 - 65 }), pages: fc.integer({ min: 1, max: 64 }) }),
  { minLength: 1, maxLength: 20 },
);
const everyTable = new Set([0, 1, 2, 3]);

test('what a fork writes its origin does not see, nor the other way round; alone each does the same', () => {
  fc.assert(
    fc.property(fc.boolean(), writes, writes, writes, (extendedL2, before, inFork, after) => {
      const write = (driver: Qcow2Driver, list: typeof before) => {
        for (const { page, pages } of list) driver.write(page * 4096, pages * 4096);
      };
      const origin = driverOf(newImage(extendedL2));
      write(origin, before);
      const expectedFork = driverOf(cloneImage(origin.image));
      const then = stateOf(origin.image);
      const fork = origin.fork(driverOptions(origin.image, {}, commonHost), silent, everyTable);
      write(fork, inFork);
      expect(stateOf(origin.image)).toEqual(then);
      const seen = stateOf(fork.image);
      write(origin, after);
      expect(stateOf(fork.image)).toEqual(seen);
      write(expectedFork, inFork);
      expect(seen.lengthBytes).toBe(expectedFork.image.file.lengthBytes);
      expect(seen.blocks).toEqual(stateOf(expectedFork.image).blocks);
    }),
    { numRuns: 30 },
  );
});

test('data stored in place leaves the image as a write of it does', () => {
  fc.assert(
    fc.property(fc.boolean(), writes, writes, (extendedL2, first, second) => {
      const [stored, written] = [driverOf(newImage(extendedL2)), driverOf(newImage(extendedL2))];
      for (const { page, pages } of first) {
        for (const driver of [stored, written]) driver.write(page * 4096, pages * 4096);
      }
      for (const { page, pages } of second) {
        if (!stored.store(page * 4096, pages * 4096)) stored.write(page * 4096, pages * 4096);
        written.write(page * 4096, pages * 4096);
      }
      expect(stateOf(stored.image)).toEqual(stateOf(written.image));
    }),
    { numRuns: 60 },
  );
});
