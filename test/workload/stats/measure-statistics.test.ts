import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Operation, type RequestBlock, requestBlockCapacity } from '../../../src/workload/request.ts';
import { measureStatistics } from '../../../src/workload/stats/measure-statistics.ts';
import type { Workload } from '../../../src/workload/workload.ts';
import { type NaiveRequest, naiveAllocation, unitsOf } from './naive-statistics.ts';

const diskBytes = 24 * 2 ** 20;

/** A workload of some requests in blocks of any length. */
function workloadOf(requests: readonly NaiveRequest[], isTimed = true, size = diskBytes): Workload {
  const part: Pick<Workload, 'diskBytes' | 'isTimed' | 'requests'> = {
    diskBytes: size,
    isTimed,
    *requests(): Generator<RequestBlock> {
      for (let from = 0; from < requests.length; from += requestBlockCapacity) {
        const some = requests.slice(from, from + requestBlockCapacity);
        yield {
          count: some.length,
          operation: Uint8Array.from(some.map(([operation]) => operation)),
          offsetBytes: Float64Array.from(some.map(([, offset]) => offset)),
          lengthBytes: Float64Array.from(some.map(([, , length]) => length)),
          timeUs: Float64Array.from(some.map(([, , , time]) => time)),
        };
      }
    },
  };
  return part as Workload;
}

const sectors = fc.tuple(fc.nat(diskBytes / 512 - 1), fc.integer({ min: 1, max: 600 })).map(([first, count]) => {
  const offset = first * 512;
  return [offset, Math.min(count * 512, diskBytes - offset)] as const;
});
const unaligned = fc
  .tuple(fc.nat(diskBytes - 1), fc.integer({ min: 1, max: 5000 }))
  .map(([offset, length]) => [offset, Math.min(length, diskBytes - offset)] as const);
const large = fc.nat(diskBytes / 4096 - 1).map((first) => [first * 4096, diskBytes - first * 4096] as const);
const place = fc.oneof({ weight: 6, arbitrary: sectors }, { weight: 2, arbitrary: unaligned }, large);
const requestList = fc
  .array(fc.tuple(fc.constantFrom<Operation>(0, 1, 1, 2, 3), place, fc.nat(400_000)), { maxLength: 60 })
  .map((drawn) => {
    let timeUs = 0;
    return drawn.map(([operation, [offset, length], gap], index): NaiveRequest => {
      if (index > 0) timeUs += gap;
      return operation === Operation.sync ? [operation, 0, 0, timeUs] : [operation, offset, length, timeUs];
    });
  });

const data = (requests: readonly NaiveRequest[]) => requests.filter(([operation]) => operation !== Operation.sync);

test('what was touched, allocated and copied is what sets of units say, for every shape', () => {
  fc.assert(
    fc.property(requestList, (requests) => {
      const statistics = measureStatistics(workloadOf(requests));
      const readWrite = [Operation.read, Operation.write];
      expect(statistics.estimate).toBeNull();
      expect(statistics.footprintBytes).toBe(512 * unitsOf(requests, readWrite, 512).size);
      expect(statistics.distinctWrittenBytes).toBe(512 * unitsOf(requests, [Operation.write], 512).size);
      for (const shape of statistics.allocation) {
        const { clusterBytes, subclusterBytes, sliceCoverageBytes } = shape;
        const clusters = naiveAllocation(requests, clusterBytes, diskBytes);
        const subclusters = naiveAllocation(requests, subclusterBytes, diskBytes);
        expect(shape.touchedClusterCount).toBe(unitsOf(requests, readWrite, clusterBytes).size);
        expect(shape.writtenClusterCount).toBe(unitsOf(requests, [Operation.write], clusterBytes).size);
        expect(shape.allocatingWriteCount).toBe(clusters.allocatingWriteCount);
        expect(shape.copyOnWriteBytes).toBe(subclusters.copyOnWriteBytes);
        expect(shape.touchedSliceCount).toBe(unitsOf(requests, readWrite, sliceCoverageBytes).size);
      }
    }),
    { numRuns: 150 },
  );
});

test('windows add up, and each has the pages that its own requests touch', () => {
  fc.assert(
    fc.property(requestList, fc.boolean(), (requests, isTimed) => {
      const { windows } = measureStatistics(workloadOf(requests, isTimed));
      const width = isTimed ? (windows.widthMs ?? 0) * 1000 : (windows.widthRequestCount ?? 0);
      expect(windows.list.length).toBeLessThanOrEqual(64);
      let first = 0;
      windows.list.forEach((window, number) => {
        const inside = requests.filter(
          ([, , , timeUs], index) => Math.floor((isTimed ? timeUs : index) / width) === number,
        );
        expect(window.requestCount).toBe(inside.length);
        expect(window.firstRequest).toBe(first);
        expect(window.startMs).toBe(isTimed ? (number * width) / 1000 : null);
        expect(window.workingSetBytes).toBe(4096 * unitsOf(inside, [Operation.read, Operation.write], 4096).size);
        first += inside.length;
      });
      expect(first).toBe(requests.length);
    }),
    { numRuns: 150 },
  );
});

test('counts, order, alignment and re-use follow their definitions', () => {
  fc.assert(
    fc.property(requestList, (requests) => {
      const statistics = measureStatistics(workloadOf(requests));
      const all = data(requests);
      const pairs = all.slice(1).map((request, index) => [all[index] as NaiveRequest, request] as const);
      const sequential = pairs.filter(([[, offset, length], [, next]]) => next === offset + length);
      const backward = pairs.filter(([[, offset], [, next, length]]) => next + length === offset);
      const ratio = (count: number): number => (all.length === 0 ? 0 : count / all.length);
      expect(statistics.requestCount).toBe(requests.length);
      expect(statistics.sequentialRatio).toBe(ratio(sequential.length));
      expect(statistics.order.all.backwardRatio).toBe(ratio(backward.length));
      for (const { bytes, startRatio, ratio: aligned, straddlingRatio } of statistics.alignment) {
        const starts = all.filter(([, offset]) => offset % bytes === 0);
        const units = ([, offset, length]: NaiveRequest): number =>
          Math.floor((offset + length - 1) / bytes) - Math.floor(offset / bytes) + 1;
        expect(startRatio).toBe(ratio(starts.length));
        expect(aligned).toBe(ratio(starts.filter(([, , length]) => length % bytes === 0).length));
        expect(straddlingRatio).toBe(
          ratio(all.filter((request) => units(request) > Math.ceil(request[2] / bytes)).length),
        );
      }
      const pages = all
        .filter(([operation]) => operation <= Operation.write)
        .map(([, offset, length]) => Math.floor((offset + length - 1) / 4096) - Math.floor(offset / 4096) + 1)
        .reduce((sum, count) => sum + count, 0);
      expect(statistics.pages.accessCount).toBe(pages);
    }),
    { numRuns: 150 },
  );
});

test('sizes are told by rank: the smallest that so many requests do not exceed', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.integer({ min: 1, max: 9 }).map((n) => n * 4096),
          fc.integer({ min: 1, max: 2 ** 31 }),
        ),
        { minLength: 1, maxLength: 50 },
      ),
      (lengths) => {
        const requests = lengths.map((length): NaiveRequest => [Operation.trim, 0, length, 0]);
        const { sizes } = measureStatistics(workloadOf(requests, false, 2 ** 40));
        const sorted = lengths.toSorted((left, right) => left - right);
        const rank = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] as number;
        expect(sizes.read).toBeNull();
        expect(sizes.trim).toMatchObject({
          minimumBytes: sorted[0],
          p50Bytes: rank(0.5),
          p90Bytes: rank(0.9),
          maximumBytes: sorted.at(-1),
        });
        expect(sizes.trim?.classes.reduce((sum, { requestCount }) => sum + requestCount, 0)).toBe(lengths.length);
      },
    ),
    { numRuns: 100 },
  );
});

test('beyond its memory, distinct bytes, allocation and working sets are estimates that hold their stated error', () => {
  // Scattered writes of 4 KiB, a third of them again later: 40,000 regions where there is room for 2,000.
  const requests: NaiveRequest[] = [];
  for (let index = 0; index < 40_000; index++) {
    const offset = ((index * 7919) % 40_000) * 2 ** 22 + (index % 100) * 4096;
    requests.push([Operation.write, offset, 4096 * (1 + (index % 3)), index]);
    if (index % 3 === 0) requests.push([Operation.write, offset, 4096, index]);
  }
  const exact = measureStatistics(workloadOf(requests, true, 2 ** 40));
  const bounded = measureStatistics(workloadOf(requests, true, 2 ** 40), { maximumBytes: 2000 * 3 * 512 });
  expect(exact.estimate).toBeNull();
  expect(bounded.estimate?.followedRatio).toBeLessThanOrEqual(1 / 16);
  const error = bounded.estimate?.errorRatio ?? 0;
  expect(error).toBeGreaterThan(0.01);
  expect(error).toBeLessThan(0.08);
  const near = (value: number, truth: number): void => expect(Math.abs(value / truth - 1)).toBeLessThan(1.5 * error);
  near(bounded.footprintBytes, exact.footprintBytes);
  near(bounded.distinctWrittenBytes, exact.distinctWrittenBytes);
  exact.allocation.forEach((shape, index) => {
    const estimated = bounded.allocation[index];
    near(estimated?.writtenClusterCount ?? 0, shape.writtenClusterCount);
    near(estimated?.allocatingWriteCount ?? 0, shape.allocatingWriteCount);
    near(estimated?.touchedSliceCount ?? 0, shape.touchedSliceCount);
    if (shape.copyOnWriteBytes > 0) near(estimated?.copyOnWriteBytes ?? 0, shape.copyOnWriteBytes);
  });
  // What needs no memory is exact.
  expect({ ...bounded.sizes }).toEqual({ ...exact.sizes });
  expect(bounded.requestCount).toBe(exact.requestCount);
});

test('a write over more regions than are followed is one write', () => {
  const requests: NaiveRequest[] = [
    [Operation.write, 0, 2 ** 32, 0],
    [Operation.write, 2 ** 33, 2 ** 32, 1],
    [Operation.write, 0, 2 ** 32, 2],
  ];
  const bounded = measureStatistics(workloadOf(requests, true, 2 ** 40), { maximumBytes: 256 * 3 * 512 });
  expect(bounded.estimate?.followedRatio).toBeLessThan(0.25);
  for (const shape of bounded.allocation) expect(shape.allocatingWriteCount).toBe(2);
});

test('nothing at all has statistics too', () => {
  const statistics = measureStatistics(workloadOf([]));
  expect(statistics).toMatchObject({ requestCount: 0, footprintBytes: 0, timing: null, windows: { list: [] } });
  expect(JSON.stringify(statistics)).not.toMatch(/null,null|NaN|Infinity/);
});

test('times: the beat, the busiest second and the bursts', () => {
  const steady = Array.from({ length: 5001 }, (_, index): NaiveRequest => [Operation.read, 0, 512, index * 1000]);
  const { durationMs, timing } = measureStatistics(workloadOf(steady));
  expect(durationMs).toBe(5000);
  expect(timing?.interArrival).toMatchObject({ meanMs: 1, maximumMs: 1, variationRatio: 0 });
  expect(timing?.interArrival.p50Ms).toBeCloseTo(1, 1);
  expect(timing?.peakRatio).toBeCloseTo(1, 2);
  const bursts = Array.from(
    { length: 5001 },
    (_, index): NaiveRequest => [Operation.read, 0, 512, index < 5000 ? 2e6 : 9.5e6],
  );
  bursts[0] = [Operation.read, 0, 512, 0];
  expect(measureStatistics(workloadOf(bursts)).timing).toMatchObject({
    busiestSecond: { startMs: 2000, requestCount: 4999 },
    interArrival: { p50Ms: 0, maximumMs: 7500 },
  });
});
