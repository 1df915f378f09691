import fc from 'fast-check';
import { expect, test } from 'vitest';
import { measureFootprint } from '../../src/workload/footprint.ts';
import { IntervalUnion } from '../../src/workload/interval-union.ts';
import { loadProfile } from '../../src/workload/load-profile.ts';
import { createRequestBlock, type Operation, pushRequest } from '../../src/workload/request.ts';
import { resolveWorkload } from '../../src/workload/resolve-workload.ts';

const range = fc.tuple(fc.nat(5000), fc.integer({ min: 1, max: 700 }));

test('a union counts each byte and each unit once, like a bitmap', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 60 }), fc.integer({ min: 1, max: 900 }), (ranges, unit) => {
      const union = new IntervalUnion();
      const bytes = new Set<number>();
      for (const [start, length] of ranges) {
        union.add(start, length);
        for (let at = start; at < start + length; at++) bytes.add(at);
      }
      expect(union.unitCount(1)).toBe(bytes.size);
      expect(union.unitCount(unit)).toBe(new Set([...bytes].map((at) => Math.floor(at / unit))).size);
    }),
    { seed: 10, numRuns: 200 },
  );
});

test('memory of a union stays small where millions of ranges overlap, and the count stays right', () => {
  const union = new IntervalUnion();
  for (let index = 0; index < 5_000_000; index++) union.add((index % 1000) * 8192, 4096);
  expect(union.unitCount(4096)).toBe(1000);
  expect(union.capacity).toBeLessThanOrEqual(2 ** 21);
});

test('a union of millions of separate ranges grows and stays right', () => {
  const union = new IntervalUnion();
  for (let index = 0; index < 3_000_000; index++) union.add(index * 8192, 4096);
  expect(union.unitCount(1)).toBe(3_000_000 * 4096);
});

test('a footprint adds up by operation', () => {
  const block = createRequestBlock();
  const requests: [Operation, number, number][] = [
    [1, 0, 4096],
    [1, 4096, 4096],
    [3, 0, 0],
    [0, 8192, 65_536],
    [1, 0, 512],
    [2, 2 ** 40, 1024],
  ];
  for (const [operation, offset, length] of requests) pushRequest(block, operation, offset, length);
  const { writtenUnitCount, touchedUnitCount, ...counts } = measureFootprint({ requests: () => [block] });
  expect(counts).toEqual({
    readCount: 1,
    writeCount: 3,
    trimCount: 1,
    syncCount: 1,
    readBytes: 65_536,
    writeBytes: 8704,
    trimBytes: 1024,
    distinctWrittenBytes: 8192,
    distinctTouchedBytes: 8192 + 65_536 + 1024,
    sequentialRatio: 2 / 5,
  });
  expect(writtenUnitCount(65_536)).toBe(1);
  expect(touchedUnitCount(65_536)).toBe(3);
});

test('growth-random-writes touches the clusters that its profile states', async () => {
  const profile = await loadProfile('growth-random-writes', '.');
  const footprint = measureFootprint(resolveWorkload(profile));
  const clusters = footprint.writtenUnitCount(65_536);
  const largeClusters = footprint.writtenUnitCount(2 ** 21);
  expect(profile.about).toContain(`${clusters.toLocaleString('en-US')} clusters of 64 KiB`);
  expect(profile.about).toContain(`${largeClusters.toLocaleString('en-US')} of 2 MiB`);
  // Drawn n times from N clusters, N (1 − e^(−n/N)) are met: 25,107 of 655,360 and 14,612 of 20,480.
  expect(Math.abs(clusters - 25_107)).toBeLessThan(100);
  expect(Math.abs(largeClusters - 14_612)).toBeLessThan(250);
});
