import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RequestCollector } from '../../../src/engine/record/request-collector.ts';
import { Operation } from '../../../src/workload/request.ts';
import { ftraceFormat } from '../../../src/workload/trace/formats/ftrace.ts';

function collected(collector: RequestCollector): (readonly [number, number, number, number])[] {
  const all: (readonly [number, number, number, number])[] = [];
  for (const { count, operation, offsetBytes, lengthBytes, timeUs } of collector.finish().blocks()) {
    for (let index = 0; index < count; index++) {
      all.push([
        operation[index] ?? -1,
        offsetBytes[index] ?? -1,
        lengthBytes[index] ?? -1,
        Math.round(timeUs?.[index] ?? -1),
      ]);
    }
  }
  return all;
}

test('lines of the kernel become requests, from the time of the first', () => {
  const collector = new RequestCollector();
  const reader = ftraceFormat.open(collector, { event: 'issue', idUnitBytes: 512 });
  const lines = [
    '       mkfs.ext4-12586   [001] ..... 23169.980667: block_rq_issue: 7,0 RA 16384 () 0 + 32 be,0,4 [mkfs.ext4]',
    '    kworker/1:1H-21648   [001] ..... 23169.980894: block_rq_issue: 7,0 FF 0 () 0 + 0 none,0,0 [kworker/1:1H]',
    '    kworker/1:1H-21648   [001] ..... 23169.981229: block_rq_issue: 7,0 DS 2147483648 () 0 + 4194304 be,0,4 [kworker/1:1H]',
    '    kworker/0:1H-54      [000] ..... 23169.985307: block_rq_issue: 7,0 NS 4096 () 2312 + 8 be,0,4 [kworker/0:1H]',
    '       mkfs.ext4-12586   [000] .N... 23169.988579: block_rq_issue: 7,0 WS 4096 () 2120 + 8 be,0,4 [mkfs.ext4]',
  ];
  reader.push(Buffer.from(`${lines.join('\n')}\n`));
  reader.end();
  expect(collected(collector)).toEqual([
    [Operation.read, 0, 16384, 0],
    [Operation.sync, 0, 0, 227],
    // As a guest's disk would get it: no request is longer than QEMU takes.
    [Operation.trim, 0, 2 ** 31 - 512, 562],
    [Operation.trim, 2 ** 31 - 512, 512, 562],
    [Operation.trim, 2312 * 512, 4096, 4640],
    [Operation.write, 2120 * 512, 4096, 7912],
  ]);
  expect([...collector.notes].join()).toContain('zeroes');
});

test('requests of two processors come in the order of their times, however they are read', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(200_000), fc.boolean()), { maxLength: 60 }), (requests) => {
      const collector = new RequestCollector();
      requests.forEach(([lateUs, advance], index) => {
        // At most 200 ms late, which is less than requests are held back.
        collector.request(0, Operation.write, index * 512, 512, 1e9 + index * 50_000 - lateUs);
        if (advance) collector.advance();
      });
      const times = requests.map(([lateUs], index) => [index * 50_000 - lateUs, index] as const);
      const ordered = times.sort(([a, i], [b, j]) => a - b || i - j);
      const first = ordered[0]?.[0] ?? 0;
      expect(collected(collector).map(([, offset, , timeUs]) => [timeUs + first, offset / 512])).toEqual(ordered);
    }),
  );
});

test('what comes after a settling is not put before it', () => {
  const collector = new RequestCollector();
  collector.request(0, Operation.write, 512, 512, 2000);
  expect(collector.settle()).toBe(1);
  collector.request(0, Operation.read, 0, 512, 1990);
  expect(collected(collector)).toEqual([
    [Operation.write, 512, 512, 0],
    [Operation.read, 0, 512, 0],
  ]);
});

test('a line that is none of the tracer stops the recording', () => {
  const collector = new RequestCollector();
  const reader = ftraceFormat.open(collector, { event: 'issue', idUnitBytes: 512 });
  expect(() => reader.push(Buffer.from('nonsense\n'))).toThrow(/line 1 of the kernel's trace/);
});
