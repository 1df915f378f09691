import { expect, test } from 'vitest';
import { costComponents } from '../../../src/driver/cost/components.ts';
import { CostMeter } from '../../../src/driver/cost/cost-meter.ts';
import type { CostProfile } from '../../../src/driver/cost/cost-profile.ts';
import { predictRate } from '../../../src/driver/cost/prediction.ts';
import { shippedProfile } from '../../../src/driver/cost/shipped/index.ts';
import { DriverCounters } from '../../../src/driver/counters.ts';
import {
  BLOCK_HOLE,
  BLOCK_UNWRITTEN,
  BLOCK_WRITTEN,
  FILE_IMAGE,
  FOR_DATA,
  FOR_L2,
  FOR_NONE,
  HOST_DISCARD,
  HOST_READ,
  HOST_SYNC,
  HOST_WRITE,
  HOST_ZERO,
} from '../../../src/driver/host-io.ts';

/** Every kind has its own power of two, so that a sum tells what it is made of. */
const flat = (ns: number) => [{ at: 4096, ns, spread: 0 }];
const none = { ns: 0, spread: 0 };
const profile: CostProfile = {
  ...shippedProfile('nvme', 'direct'),
  locality: { regionBytes: 4096, regions: 2 },
  parallelism: 4,
  drift: 0,
  stalls: 0,
  io: {
    readNear: flat(1),
    readFar: flat(2),
    readCached: flat(4),
    readHole: flat(8),
    writeNear: flat(16),
    writeFar: flat(32),
    writeUnwritten: flat(64),
    writeHole: flat(128),
    writeHoleNext: flat(8192),
    writeExtend: flat(256),
    zeroHole: flat(512),
    zeroExtend: flat(1024),
    zeroAllocated: flat(2048),
    discard: flat(4096),
  },
  sync: {
    writes: [
      { at: 1, ns: 100, spread: 0 },
      { at: 11, ns: 200, spread: 0 },
    ],
    changes: [
      { at: 1, ns: 1000, spread: 0 },
      { at: 3, ns: 1200, spread: 0 },
    ],
    dirtyByte: { ns: 1, spread: 0 },
    discard: { ns: 10_000, spread: 0 },
  },
  cpu: Object.fromEntries(
    Object.keys(shippedProfile('nvme', 'direct').cpu).map((name) => [name, none]),
  ) as unknown as CostProfile['cpu'],
};

function costOf(use: (meter: CostMeter) => void, of: CostProfile = profile): number {
  const meter = new CostMeter(of);
  const counters = new DriverCounters();
  meter.start(counters);
  use(meter);
  return meter.finish(counters);
}

const read = (meter: CostMeter, offset: number, state = BLOCK_WRITTEN, length = 4096): void =>
  meter.io(HOST_READ, FILE_IMAGE, offset, length, FOR_L2, state);
const write = (meter: CostMeter, offset: number, state = BLOCK_WRITTEN, length = 4096): void =>
  meter.io(HOST_WRITE, FILE_IMAGE, offset, length, FOR_L2, state);
const sync = (meter: CostMeter): void => meter.io(HOST_SYNC, FILE_IMAGE, 0, 0, FOR_NONE, BLOCK_HOLE);

test('reads past the page cache: far, near while the region is one of the last two, and holes', () => {
  expect(costOf((meter) => read(meter, 0))).toBe(2);
  expect(costOf((meter) => [0, 8192, 0].forEach((offset) => void read(meter, offset)))).toBe(2 + 2 + 1);
  expect(costOf((meter) => [0, 8192, 16_384, 0].forEach((offset) => void read(meter, offset)))).toBe(8);
  expect(costOf((meter) => read(meter, 0, BLOCK_UNWRITTEN))).toBe(8);
});

test('reads through the page cache: what was made or read before is in memory', () => {
  const buffered: CostProfile = { ...profile, cache: 'buffered' };
  expect(costOf((meter) => read(meter, 0), buffered)).toBe(4);
  expect(costOf((meter) => [0, 0].forEach((offset) => void read(meter, offset, BLOCK_HOLE)), buffered)).toBe(8 + 4);
  const half = new CostMeter(buffered, { cachedShare: 0.5 });
  read(half, 0);
  expect(half.finish(new DriverCounters())).toBe(0.5 * 4 + 0.5 * 2);
});

test('writes are told apart by what the file system has to do', () => {
  expect(costOf((meter) => write(meter, 0))).toBe(32);
  expect(costOf((meter) => write(meter, 0, BLOCK_UNWRITTEN))).toBe(64);
  expect(costOf((meter) => write(meter, 0, BLOCK_HOLE))).toBe(256);
  expect(costOf((meter) => [8192, 0].forEach((offset) => void write(meter, offset, BLOCK_HOLE)))).toBe(256 + 128);
  // The third is right behind the second.
  expect(costOf((meter) => [16_384, 0, 4096].forEach((offset) => void write(meter, offset, BLOCK_HOLE)))).toBe(
    256 + 128 + 8192,
  );
});

test('zeroing and discarding', () => {
  const zero = (meter: CostMeter, offset: number, state: number): void =>
    meter.io(HOST_ZERO, FILE_IMAGE, offset, 4096, FOR_DATA, state);
  expect(costOf((meter) => [8192, 0].forEach((offset) => void zero(meter, offset, BLOCK_HOLE)))).toBe(1024 + 512);
  expect(costOf((meter) => zero(meter, 0, BLOCK_WRITTEN))).toBe(2048);
  expect(costOf((meter) => meter.io(HOST_DISCARD, FILE_IMAGE, 0, 4096, FOR_DATA, BLOCK_WRITTEN))).toBe(4096);
});

test('a sync costs by what was written, by what the file system changed, and by what was given back since the last one', () => {
  const syncAfter = (use: (meter: CostMeter) => void): number => {
    const meter = new CostMeter(profile);
    const counters = new DriverCounters();
    use(meter);
    meter.start(counters);
    sync(meter);
    return meter.finish(counters);
  };
  expect(syncAfter((meter) => write(meter, 0))).toBe(100);
  // Two ranges; a third that goes on where the second ended is no new one, but its bytes are brought out.
  expect(syncAfter((meter) => [0, 65_536, 69_632].forEach((offset) => void write(meter, offset)))).toBe(110 + 4096);
  expect(syncAfter((meter) => write(meter, 0, BLOCK_HOLE))).toBe(100 + 1000);
  expect(syncAfter((meter) => [0, 65_536].forEach((offset) => void write(meter, offset, BLOCK_HOLE)))).toBe(110 + 1100);
  expect(syncAfter((meter) => meter.io(HOST_DISCARD, FILE_IMAGE, 0, 4096, FOR_DATA, BLOCK_WRITTEN))).toBe(
    100 + 1000 + 10_000,
  );
  expect(syncAfter((meter) => [write(meter, 0, BLOCK_HOLE), sync(meter), write(meter, 0)])).toBe(100);
});

test('a page that is dirty already is written back once', () => {
  const meter = new CostMeter({ ...profile, cache: 'buffered' });
  const counters = new DriverCounters();
  for (const offset of [0, 65_536, 0, 65_536, 0]) write(meter, offset);
  meter.start(counters);
  sync(meter);
  expect(meter.finish(counters)).toBe(110);
});

test('parts of one request overlap as far as the device serves them at once', () => {
  const meter = new CostMeter(profile);
  const counters = new DriverCounters();
  meter.start(counters);
  for (let part = 0; part < 8; part++) meter.io(HOST_READ, FILE_IMAGE, part * 8192, 4096, FOR_DATA, BLOCK_WRITTEN);
  counters.reads = 1;
  counters.parts = 8;
  expect(meter.finish(counters)).toBe((8 * 2) / 4);
  // One after the other, each a request of its own.
  let ns = 0;
  for (let request = 0; request < 2; request++) {
    meter.io(HOST_READ, FILE_IMAGE, 65_536 + request * 8192, 4096, FOR_DATA, BLOCK_WRITTEN);
    ns += meter.finish(counters);
  }
  expect(ns).toBe(4);
});

test('sizes between two points are interpolated, larger ones go on with the last slope', () => {
  const readFar = [
    { at: 4096, ns: 100, spread: 0 },
    { at: 8192, ns: 200, spread: 0 },
    { at: 16_384, ns: 300, spread: 0 },
  ];
  const curved: CostProfile = { ...profile, io: { ...profile.io, readFar } };
  const at = (length: number): number => costOf((meter) => read(meter, 0, BLOCK_WRITTEN, length), curved);
  expect([512, 4096, 6144, 8192, 32_768].map(at)).toEqual([100, 100, 150, 200, 500]);
});

test('the processor is priced by the counters, a first lookup being part of its request', () => {
  const cpu = {
    ...profile.cpu,
    read: { ns: 1000, spread: 0 },
    lookup: { ns: 10, spread: 0 },
    step: { ns: 1, spread: 0 },
    miss: { ns: 100, spread: 0 },
  };
  const meter = new CostMeter({ ...profile, cpu });
  const counters = new DriverCounters();
  meter.start(counters);
  Object.assign(counters, { reads: 2, parts: 2, l2Lookups: 3, l2Misses: 1, cacheSteps: 5 });
  expect(meter.finish(counters)).toBe(2000 + 10 + 5 + 100);
  expect(meter.totals[costComponents.indexOf('cpu-read')]).toBe(2000);
});

test('entries that a flush looks at are priced each', () => {
  const cpu = { ...profile.cpu, flushStep: { ns: 1, spread: 0 } };
  const meter = new CostMeter({ ...profile, cpu });
  const counters = new DriverCounters();
  meter.start(counters);
  Object.assign(counters, { syncs: 2, flushSteps: 208 });
  expect(meter.finish(counters)).toBe(208);
});

test('a prediction is requests over time; its interval adds the variances of its parts', () => {
  const readFar = [{ at: 4096, ns: 100_000, spread: 0.1 }];
  const meter = new CostMeter({ ...profile, io: { ...profile.io, readFar } });
  const counters = new DriverCounters();
  meter.start(counters);
  for (let request = 0; request < 10; request++) read(meter, request * 1e6);
  meter.finish(counters);
  const { iops, low, high } = predictRate(meter, 10);
  expect(iops).toBeCloseTo(10_000, 6);
  expect(low).toBeCloseTo(10_000 / Math.exp(0.1645), 6);
  expect(high).toBeCloseTo(10_000 * Math.exp(0.1645), 6);
});
