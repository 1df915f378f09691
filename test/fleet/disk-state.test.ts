import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyFacts } from '../../src/fleet/disk-groups.ts';
import { emptyState, expectedBytes, missesAt, stateOf } from '../../src/fleet/disk-state.ts';
import { traitsCurves } from '../../src/fleet/traits-curve.ts';
import { computeFootprint } from '../../src/settings/footprint.ts';
import { printConfiguration } from './settings.ts';

const curves = traitsCurves();

/** Disks that the format takes, of any shape. */
const disks = fc.record({
  diskBytes: fc.integer({ min: 1, max: 2 ** 41 }),
  clusterBytes: fc.integer({ min: 14, max: 21 }).map((bits) => 2 ** bits),
  extendedL2: fc.boolean(),
  imageCount: fc.integer({ min: 1, max: 9 }),
  l2CacheBytes: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 2 ** 28 })),
});

test('the caches are those of `capacity --disk`, to the byte', () => {
  fc.assert(
    fc.property(disks, (disk) => {
      const state = stateOf({ ...emptyFacts(), ...disk }, curves[0] as (typeof curves)[0], emptyState());
      const { total, cache, layers } = computeFootprint(printConfiguration(disk), {
        diskBytes: disk.diskBytes,
        imageCount: disk.imageCount,
        snapshotCount: 0,
        diskCount: 1,
      });
      expect(state.worstBytes).toBe(total.memoryBytes);
      expect(state.l2Bytes).toBe(cache.l2Bytes);
      expect(state.fullBytes).toBe(cache.l2FullCoverageBytes);
      expect(state.backingBytes).toBe((layers[1]?.imageCount ?? 0) * (layers[1]?.cache.l2Bytes ?? 0));
    }),
    { numRuns: 500 },
  );
});

test('a cache of the size that a disk needs is set up as it is said, and saves all misses', () => {
  fc.assert(
    fc.property(disks, fc.constantFrom(...curves), (disk, curve) => {
      const facts = { ...emptyFacts(), ...disk, allocatedBytes: disk.diskBytes, requestsPerSecond: 100 };
      const { needBytes, leastBytes, fullBytes } = stateOf(facts, curve, emptyState());
      const state = stateOf({ ...facts, l2CacheBytes: needBytes }, curve, emptyState());
      expect(needBytes).toBeGreaterThanOrEqual(leastBytes);
      expect(needBytes % 4096).toBe(0);
      if (fullBytes >= 2 * disk.clusterBytes) expect(state.l2Bytes).toBe(needBytes);
      else expect(state.l2Bytes).toBeLessThanOrEqual(Math.max(needBytes, leastBytes));
      expect(missesAt(facts, state, curve, needBytes)).toBeCloseTo(0, 9);
    }),
  );
});

test('what is expected is at most the worst case, and nothing for an idle disk', () => {
  fc.assert(
    fc.property(
      disks,
      fc.constantFrom(...curves),
      fc.integer({ min: 0, max: 100_000 }),
      (disk, curve, requestsPerSecond) => {
        const facts = { ...emptyFacts(), ...disk, allocatedBytes: disk.diskBytes, requestsPerSecond };
        const state = stateOf(facts, curve, emptyState());
        const expected = expectedBytes(facts, state, curve);
        expect(expected).toBeLessThanOrEqual(state.worstBytes);
        if (requestsPerSecond === 0) expect(expected).toBe(0);
      },
    ),
  );
});

test('a disk with little data needs no more cache than its clusters can fill', () => {
  const facts = { ...emptyFacts(), diskBytes: 2 ** 41, allocatedBytes: 10 * 65_536 };
  expect(stateOf(facts, curves[0] as (typeof curves)[0], emptyState()).needBytes).toBe(10 * 4096);
});
