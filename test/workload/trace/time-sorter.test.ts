import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Operation } from '../../../src/workload/request.ts';
import { TimeSorter } from '../../../src/workload/trace/time-sorter.ts';
import type { TraceSink } from '../../../src/workload/trace/trace-format.ts';

/** What a sorter hands on: times, offsets and places in the file. */
function sorted(times: readonly number[], runCount: number): string[] {
  const found: string[] = [];
  const sink: TraceSink = {
    line: 0,
    recordOffsetBytes: 0,
    device: () => 0,
    request(device, operation, offsetBytes, lengthBytes, timeUs) {
      found.push([timeUs, device, operation, offsetBytes, lengthBytes, this.recordOffsetBytes].join(' '));
    },
    wait: () => {},
    bad: () => {},
    passOver: () => {},
    note: () => {},
  };
  const sorter = new TimeSorter(sink, runCount);
  times.forEach((time, index) => {
    sink.recordOffsetBytes = index * 100;
    sorter.push(index % 3, Operation.write, index * 512, 512, time);
  });
  sorter.end();
  return found;
}

test('requests come in the order of time, those of one time as they came, whatever stays in memory', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 60 }), fc.integer({ min: 1, max: 70 }), (times, runCount) => {
      const expected = times
        .map((time, index) => ({ time, index }))
        .sort((left, right) => left.time - right.time || left.index - right.index)
        .map(({ time, index }) => [time, index % 3, Operation.write, index * 512, 512, index * 100].join(' '));
      expect(sorted(times, runCount)).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

test('runs that are larger than what is read back at a time', () => {
  const times = Array.from({ length: 20_000 }, (_, index) => (index * 7919) % 20_011);
  expect(sorted(times, 6000)).toEqual(sorted(times, 1_000_000));
});
