import { expect, test } from 'vitest';
import { z } from 'zod';
import { renderActionBenchmark, renderActionBenchmarkOf } from '../../../src/report/formats/action-benchmark.ts';
import { empty, hostile, sampleComparison, variety } from './samples.ts';

/** What github-action-benchmark takes of an entry; it keeps nothing else, and `range` only in this spelling. */
const entries = z.array(
  z.strictObject({
    name: z.string().min(1),
    unit: z.string().min(1),
    value: z.number(),
    range: z
      .string()
      .regex(/^± \d[\d.]*$/)
      .optional(),
    extra: z.string().optional(),
  }),
);

test('entries are in the shape that the action reads, one direction a file', () => {
  const bigger = entries.parse(JSON.parse(renderActionBenchmarkOf(variety, 'higher')));
  const smaller = entries.parse(JSON.parse(renderActionBenchmarkOf(variety, 'lower')));
  expect(bigger[0]).toEqual({
    name: 'l2-cache-20g/l2-cache-size=1M iops',
    unit: 'ops/s',
    value: 850,
    range: '± 9',
    extra: 'n=10\nverdict=worse\nqemu=qemu-img version 7.2.22',
  });
  expect(bigger).toHaveLength(5);
  expect(smaller.map(({ name, unit, value, range }) => [name.split(' ').at(-1), unit, value, range])).toEqual([
    ['latencyMs.p50', 'ms', 0.11, '± 0.002'],
    ['allocatedBytes', 'bytes', 4_177_920, undefined],
    ['hostIoCount', 'requests', 49_354, undefined],
    ['hostIo.zero', 'requests', 12, undefined],
  ]);
});

test('one output refuses both directions, and says what to do', () => {
  expect(() => renderActionBenchmark(variety)).toThrowError(
    expect.objectContaining({ hint: expect.stringContaining('--output') }),
  );
  const one = sampleComparison(variety.cells.filter((cell) => cell.better === 'higher'));
  expect(renderActionBenchmark(one)).toBe(renderActionBenchmarkOf(variety, 'higher'));
  expect(renderActionBenchmark(empty)).toBe('[]\n');
});

test('names are unique, since the action finds the value before by its name', () => {
  const all = entries.parse(JSON.parse(renderActionBenchmark(hostile)));
  const pairs = new Set(hostile.cells.map((cell) => JSON.stringify([cell.workload, cell.headConfiguration])));
  expect(new Set(all.map((entry) => entry.name)).size).toBe(pairs.size);
});
