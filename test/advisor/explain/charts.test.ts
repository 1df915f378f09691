import { expect, test } from 'vitest';
import { refcountCacheChart } from '../../../src/advisor/explain/charts/cache-sizes.ts';
import { firstWriteBytesChart } from '../../../src/advisor/explain/charts/first-writes.ts';
import { overlapByDiskChart, overlapBySnapshotsChart } from '../../../src/advisor/explain/charts/overlap.ts';
import { passDiscardChart } from '../../../src/advisor/explain/charts/trims.ts';
import { runFirstWrites } from '../../../src/advisor/explain/lab/first-writes.ts';
import { takeSnapshot, writtenImage } from '../../../src/advisor/explain/lab/images.ts';
import { runExperiment } from '../../../src/advisor/explain/lab/run.ts';
import { testLab } from './lab.ts';

const lab = testLab();

/** The figures below are those that QEMU 7.2 was seen to make under strace. */
test('a first write with a flush is six host I/Os; with lazy refcounts four, preallocated two', () => {
  const perWrite = (create: Record<string, boolean | string>) =>
    runFirstWrites(lab, { create, writesPerFlush: 1 }).io().count;
  expect(perWrite({})).toBe(6);
  expect(perWrite({ lazy_refcounts: true })).toBe(4);
  expect(perWrite({ preallocation: 'metadata' })).toBe(2);
});

test('a write to a cluster that a snapshot shares reads and writes it whole, with two tables and three syncs', () => {
  const image = writtenImage({}, 2 ** 30);
  takeSnapshot(image);
  const run = runExperiment(
    {
      image,
      drive: {},
      steps: 10,
      warmUp: (driver) => driver.write(8192, 4096),
      step: (driver, index) => driver.write((index + 1) * 65_536 + 8192, 4096),
    },
    lab.basis,
  );
  expect(run.io({ ops: ['read'], purposes: ['copy-on-write'] })).toEqual({ count: 1, bytes: 65_536 });
  expect(run.io({ ops: ['sync'] }).count).toBe(3);
  expect(run.io({ ops: ['write'], purposes: ['l2', 'refcount'] }).count).toBe(2);
});

test('subclusters of 4 KiB copy nothing for a write of 4 KiB, clusters are copied whole', () => {
  const data = { format: 'qcow2', content: 'data' } as const;
  const chart = firstWriteBytesChart(
    lab,
    '',
    [
      { name: 'off', backing: data },
      { name: 'on', backing: data, create: { extended_l2: true } },
    ],
    '',
  );
  const at = chart.labels.indexOf('128K');
  expect(chart.series.map(({ values }) => values[at])).toEqual([2 * 131_072, 4096]);
});

test('the default checks compare with every L1 entry, "all" also reads the tables of each snapshot', () => {
  const variants = ['none', 'cached', 'all'].map((name) => ({ name, drive: { 'overlap-check': name } }));
  const byDisk = overlapByDiskChart(lab, variants);
  const at = byDisk.labels.indexOf('8T');
  expect(byDisk.series[0]?.values[at]).toBe(0);
  expect(byDisk.series[1]?.values[at]).toBeGreaterThan(16_384);
  const reads = overlapBySnapshotsChart(lab, variants, 'reads');
  expect(reads.series.map(({ values }) => values.at(-1))).toEqual([0, 0, 16]);
});

test('trims come to the host only with discard=unmap, and not with pass-discard-request=off', () => {
  const [host, used] = passDiscardChart(lab).series.map(({ values }) => values as readonly number[]);
  expect((host?.[1] as number) / (host?.[0] as number)).toBeCloseTo(0.5, 2);
  expect(host?.[2]).toBe(host?.[0]);
  expect(used?.[2]).toBe(used?.[1]);
});

test('a larger refcount cache helps trims all over the disk and nothing else', () => {
  const [writes, trims] = refcountCacheChart(lab).series.map(({ values }) => values as readonly number[]);
  expect(Math.max(...(writes ?? []))).toBeLessThan(0.01);
  expect(trims?.[0]).toBeGreaterThan(0.8);
  expect(trims?.at(-1)).toBeLessThan(0.01);
});
