import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExactLookups } from '../../../src/driver/curve/exact-lookups.ts';
import type { LookupProfile } from '../../../src/driver/curve/lookup-counter.ts';
import { type TestRequest, workloadOf } from '../../helpers/workload.ts';

const sliceBytes = 4096;
const clusterBytes = 1024;
const diskBytes = 40 * sliceBytes;

function profileOf(requests: readonly TestRequest[]): LookupProfile {
  const counter = new ExactLookups({ diskBytes, clusterBytes, sliceBytes });
  for (const block of workloadOf(requests).requests()) counter.add(block);
  return counter.profile();
}

/** An LRU cache played out lookup by lookup. */
function simulated(requests: readonly TestRequest[], entryCount: number) {
  let cache: number[] = [];
  const written = new Set<number>();
  const lookups = { read: 0, overwrite: 0, allocate: 0 };
  const misses = { read: 0, overwrite: 0, allocate: 0 };
  for (const [operation, offset = 0, length = 0] of requests) {
    if (operation !== 'read' && operation !== 'write') continue;
    for (let slice = Math.floor(offset / sliceBytes); slice * sliceBytes < offset + length; slice++) {
      let allocates = false;
      if (operation === 'write') {
        const start = Math.max(offset, slice * sliceBytes);
        const end = Math.min(offset + length, (slice + 1) * sliceBytes);
        for (let cluster = Math.floor(start / clusterBytes); cluster * clusterBytes < end; cluster++) {
          if (!written.has(cluster)) allocates = true;
          written.add(cluster);
        }
      }
      const kind = operation === 'read' ? 'read' : allocates ? 'allocate' : 'overwrite';
      lookups[kind] += 1;
      if (!cache.includes(slice)) misses[kind] += 1;
      cache = [slice, ...cache.filter((other) => other !== slice)].slice(0, entryCount);
    }
  }
  return { lookups, misses };
}

const request = fc
  .record({
    operation: fc.constantFrom('read', 'write', 'write', 'trim', 'sync'),
    place: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 5 * sliceBytes })),
  })
  .map(
    ({ operation, place, length }): TestRequest => [
      operation as TestRequest[0],
      Math.floor(place ** 2 * (diskBytes - length)),
      length,
    ],
  );

test('misses of every cache size are those of a cache that is played out', () => {
  fc.assert(
    fc.property(fc.array(request, { maxLength: 120 }), (requests) => {
      const profile = profileOf(requests);
      for (let entryCount = 1; entryCount <= 42; entryCount++) {
        const { lookups, misses } = simulated(requests, entryCount);
        expect(profile.lookups).toEqual(lookups);
        const total = misses.read + misses.overwrite + misses.allocate;
        expect(profile.missesAt(entryCount)).toEqual({ ...misses, total, low: total, high: total });
      }
    }),
  );
});

test('a distance far beyond those seen so far is counted', () => {
  const counter = new ExactLookups({ diskBytes: 2000 * sliceBytes, clusterBytes, sliceBytes });
  const sweep = Array.from({ length: 2000 }, (_, slice): TestRequest => ['read', slice * sliceBytes, 512]);
  for (const block of workloadOf([...sweep, ...sweep]).requests()) counter.add(block);
  const profile = counter.profile();
  expect(profile.missesAt(1999).total).toBe(4000);
  expect(profile.missesAt(2000).total).toBe(2000);
});

test('no requests, no misses', () => {
  const profile = profileOf([['sync']]);
  expect(profile).toMatchObject({ lookups: { read: 0, overwrite: 0, allocate: 0 }, sliceCount: 0 });
  expect(profile.missesAt(2).total).toBe(0);
});
