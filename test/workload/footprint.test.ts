import { expect, test } from 'vitest';
import { measureFootprint } from '../../src/workload/footprint.ts';
import { loadProfile } from '../../src/workload/load-profile.ts';
import { createRequestBlock, type Operation, pushRequest } from '../../src/workload/request.ts';
import { resolveWorkload } from '../../src/workload/resolve-workload.ts';

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
  const { writtenUnitCount, ...counts } = measureFootprint({ requests: () => [block] });
  expect(counts).toEqual({
    readCount: 1,
    writeCount: 3,
    trimCount: 1,
    syncCount: 1,
    readBytes: 65_536,
    writeBytes: 8704,
    trimBytes: 1024,
  });
  expect(writtenUnitCount(4096)).toBe(2);
  expect(writtenUnitCount(65_536)).toBe(1);
  expect(() => writtenUnitCount(100)).toThrow('units of 100 bytes are not counted');
});

test('writes far apart are told at every unit, from a sector to terabytes', () => {
  const block = createRequestBlock();
  for (let index = 0; index < 1000; index++) pushRequest(block, 1, index * 2 ** 34, 512);
  const { writtenUnitCount } = measureFootprint({ requests: () => [block] });
  for (const level of [9, 16, 21, 22, 33, 34]) expect(writtenUnitCount(2 ** level)).toBe(1000);
  expect(writtenUnitCount(2 ** 35)).toBe(500);
  expect(writtenUnitCount(2 ** 45)).toBe(1);
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
