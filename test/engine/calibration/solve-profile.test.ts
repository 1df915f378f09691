import { expect, test } from 'vitest';
import { cpuKinds, hostIoKinds } from '../../../src/driver/cost/cost-profile.ts';
import { parseCostProfile } from '../../../src/driver/cost/parse-cost-profile.ts';
import type { IoMode } from '../../../src/engine/calibration/bench.ts';
import * as driverPlan from '../../../src/engine/calibration/measure-driver.ts';
import { Samples } from '../../../src/engine/calibration/samples.ts';
import { solveProfile } from '../../../src/engine/calibration/solve-profile.ts';
import * as storagePlan from '../../../src/engine/calibration/storage-plan.ts';

/** What the block layer adds by itself, the driver's requests, and events per request, as a made-up machine has them. */
const nullNs = 500;
const readNs = 900;
const writeNs = 700;
const stepNs = 0.75;
const missNs = 4000;
const flushStepNs = 2;
const overlapNs = 0.5;
const scanNs = 20;

function driverSamples(): Samples {
  const samples = new Samples();
  for (const bytes of driverPlan.nullSizes) {
    samples.add(`nullRead:${bytes}`, nullNs);
    samples.add(`nullWrite:${bytes}`, nullNs);
  }
  samples.add('read', readNs);
  samples.add('write', writeNs);
  samples.add('discard', 450);
  samples.add('zero', 460);
  const [small, large] = driverPlan.zeroFilledSizes;
  samples.add(`zeroFilled:${small}`, 400);
  samples.add(`zeroFilled:${large}`, 400 + (large - small) * 0.02);
  samples.add('flushSmall', 600);
  samples.add('flushLarge', 600 + flushStepNs * (driverPlan.flushedCacheEntries - driverPlan.smallCacheEntries));
  samples.add('missSmall', 4000);
  samples.add('missLarge', 4000 + stepNs * (driverPlan.walkedCacheEntries - driverPlan.smallCacheEntries));
  samples.add('overlapNone', 12_000);
  samples.add('overlapLong', 12_000 + overlapNs * driverPlan.longL1Entries);
  samples.add('scan', 1000 * writeNs + scanNs * driverPlan.scannedClusters);
  return samples;
}

/** Host I/O that costs its place in the list times 10 µs, and a nanosecond a byte. */
const hostNs = (kind: (typeof hostIoKinds)[number], bytes: number): number =>
  10_000 * (1 + hostIoKinds.indexOf(kind)) + bytes;

function storageSamples(): Samples {
  const samples = new Samples();
  const add = (kind: (typeof hostIoKinds)[number], sizes: storagePlan.SizeCounts): void => {
    for (const [bytes] of sizes) samples.add(`${kind}:${bytes}`, hostNs(kind, bytes) + nullNs);
  };
  add('readFar', storagePlan.inPlaceSizes);
  add('writeFar', storagePlan.inPlaceSizes);
  add('readNear', storagePlan.nearSizes);
  add('writeNear', storagePlan.nearSizes);
  for (const kind of ['readHole', 'writeHole', 'writeHoleNext', 'writeUnwritten', 'zeroAllocated'] as const) {
    add(kind, storagePlan.holeSizes);
  }
  add('zeroHole', [
    [65_536, 1],
    [2 ** 18, 1],
    [2 ** 20, 1],
  ]);
  add('discard', storagePlan.discardedSizes);
  // An allocating write: the driver's work, once more for the allocation, and its host I/O.
  for (const [bytes] of storagePlan.filledClusters) {
    samples.add(`allocateFilled:${bytes}`, 2 * writeNs + hostNs('writeExtend', bytes));
  }
  for (const [bytes] of storagePlan.zeroedClusters) {
    samples.add(`allocateZeroed:${bytes}`, 2 * writeNs + hostNs('zeroExtend', bytes) + hostNs('writeUnwritten', 4096));
  }
  for (const [count] of storagePlan.syncCounts) {
    samples.add(`sync:${count}`, nullNs + 50_000 + 1000 * count);
    samples.add(`syncChanged:${count}`, nullNs + 150_000 + 3000 * count);
  }
  samples.add('syncBytes', nullNs + 51_000 + 0.5 * (storagePlan.syncedBytes - 4096));
  samples.add(
    `syncDiscarded:${storagePlan.discardedSizes[0]?.[0]}`,
    nullNs + 153_000 + storagePlan.discardRun * 70_000,
  );
  // The read of the entry, two of holes, the walk of the small cache, and what is to come out.
  const hits = 2 * (readNs + hostNs('readHole', 4096));
  samples.add('miss', hits - 2000 + hostNs('readFar', 4096) + driverPlan.smallCacheEntries * stepNs + missNs);
  samples.add('hitAfterMiss', 2000);
  // Eight parts, four at once.
  const parts = storagePlan.scatteredParts;
  samples.add('scattered', readNs + (parts - 1) * 2 * readNs + (parts * hostNs('readNear', 4096)) / 4);
  return samples;
}

const identity = { name: 'a', source: 'b', measuredAt: null, qemu: null, fileSystem: 'ext4' };
const solve = (mode: IoMode) => {
  const storage = storageSamples();
  return solveProfile({ mode, storage, device: storage, driver: driverSamples() }, identity);
};

test('the costs that latencies were made of come out again', () => {
  const profile = solve({ cache: 'direct', aio: 'io_uring' });
  for (const kind of hostIoKinds) {
    if (kind === 'readCached') continue;
    expect(profile.io[kind].length).toBeGreaterThan(1);
    for (const { at, ns } of profile.io[kind]) {
      expect(ns, `${kind} at ${at}`).toBeCloseTo(hostNs(kind, at), 3);
    }
  }
  expect(profile.cpu.read.ns).toBe(readNs);
  expect(profile.cpu.step.ns).toBeCloseTo(stepNs, 9);
  expect(profile.cpu.miss.ns).toBeCloseTo(missNs, 6);
  expect(profile.cpu.flushStep.ns).toBeCloseTo(flushStepNs, 9);
  expect(profile.cpu.overlapStep.ns).toBeCloseTo(overlapNs, 9);
  expect(profile.cpu.refcountStep.ns).toBeCloseTo(scanNs, 9);
  expect(profile.cpu.zeroByte.ns).toBeCloseTo(0.02, 9);
  expect(profile.sync.writes.map(({ ns }) => ns)).toEqual([51_000, 53_000, 58_000, 114_000]);
  expect(profile.sync.changes.map(({ ns }) => ns)).toEqual([102_000, 106_000, 116_000, 228_000]);
  expect(profile.sync.dirtyByte.ns).toBeCloseTo(0.5, 9);
  expect(profile.sync.discard.ns).toBeCloseTo(70_000, 6);
  expect(profile.parallelism).toBe(4);
});

test('a buffered profile takes what misses the page cache from the direct measurement', () => {
  const profile = solve({ cache: 'buffered', aio: 'threads' });
  expect(profile.io.readCached[0]?.ns).toBeCloseTo(hostNs('readFar', 4096), 3);
  expect(profile.io.readNear[0]?.ns).toBeCloseTo(hostNs('readNear', 4096), 3);
});

test('noise that would make a cost negative leaves zero, and the profile can still be read back', () => {
  const driver = driverSamples();
  for (let round = 0; round < 3; round++) driver.add('missLarge', 10);
  const profile = solveProfile(
    { mode: { cache: 'direct', aio: 'native' }, storage: storageSamples(), device: undefined, driver },
    identity,
  );
  expect(profile.cpu.step.ns).toBe(0);
  for (const kind of cpuKinds) expect(profile.cpu[kind].ns).toBeGreaterThanOrEqual(0);
  expect(parseCostProfile(JSON.parse(JSON.stringify(profile)))).toEqual(profile);
});
