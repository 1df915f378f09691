import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ResultParser } from '../../src/engine/qemu-io/result-parser.ts';

type Found = { readonly bytes: number; readonly nanoseconds: number } | { readonly message: string };

function parse(...chunks: readonly (string | Buffer)[]): readonly Found[] {
  const found: Found[] = [];
  const parser = new ResultParser({
    result: (bytes, nanoseconds) => found.push({ bytes, nanoseconds }),
    message: (message) => found.push({ message }),
  });
  for (const chunk of chunks) parser.push(Buffer.from(chunk));
  parser.end();
  return found;
}

// Recorded from qemu-io 7.2: two reads, a failed write, a timed sync.
const recorded = [
  'qemu-io> 4096,1,0:00:00.00,1604386995.691,391696.044',
  'qemu-io> qemu-io> qemu-io> 65536,1,0:00:00.00,113051578.403,1725.030',
  'qemu-io> write failed: No space left on device',
  'qemu-io> 0,1,0:00:00.00,0.000,399.225',
  'qemu-io> ',
].join('\n');

test('the latency is the inverse of the rate', () => {
  expect(parse(recorded)).toEqual([
    { bytes: 4096, nanoseconds: expect.closeTo(1e9 / 391696.044, 6) },
    { bytes: 65536, nanoseconds: expect.closeTo(1e9 / 1725.03, 3) },
    { message: 'write failed: No space left on device' },
    { bytes: 0, nanoseconds: expect.closeTo(1e9 / 399.225, 3) },
  ]);
});

test('output gives the same wherever it is cut', () => {
  const bytes = Buffer.from(recorded);
  const whole = parse(bytes);
  for (let cut = 0; cut <= bytes.length; cut++) {
    expect(parse(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual(whole);
  }
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (cuts) => {
      const points = [0, ...cuts.sort((left, right) => left - right), bytes.length];
      const chunks = points.slice(1).map((end, index) => bytes.subarray(points[index], end));
      expect(parse(...chunks)).toEqual(whole);
    }),
    { seed: 1 },
  );
});

test('every rate that qemu-io can print is read back', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2_147_483_136 }),
      fc.double({ min: 1, max: 1e9, noNaN: true }),
      (bytes, rate) => {
        const line = `qemu-io> ${bytes},1,0:00:00.00,${(rate * bytes).toFixed(3)},${rate.toFixed(3)}\n`;
        const [found] = parse(line);
        if (!found || 'message' in found) throw new Error(`not a result: ${line}`);
        expect(found.bytes).toBe(bytes);
        expect(found.nanoseconds / (1e9 / Number(rate.toFixed(3)))).toBeCloseTo(1, 9);
      },
    ),
    { seed: 2 },
  );
});

test('below one request per second the printed time is taken, as it is the finer of the two', () => {
  expect(parse('qemu-io> 4096,1,0:01:40.25,40.858,0.010\n')).toEqual([{ bytes: 4096, nanoseconds: 100.25e9 }]);
});

test('a time of zero, printed as an infinite rate, is a latency of zero', () => {
  expect(parse('qemu-io> 4096,1,0:00:00.00,inf,inf\n')).toEqual([{ bytes: 4096, nanoseconds: 0 }]);
});

test.each([
  ['a torn result at the end', 'qemu-io> 4096,1,0:00:00.00,1604386995.691,391696.0'],
  ['a result of two operations', 'qemu-io> 8192,2,0:00:00.00,1604386995.691,391696.044\n'],
  ['a missing field', 'qemu-io> 4096,1,0:00:00.00,391696.044\n'],
  ['a field too many', 'qemu-io> 4096,1,0:00:00.00,1604386995.691,391696.044,1\n'],
  ['an empty field', 'qemu-io> ,1,0:00:00.00,1604386995.691,391696.044\n'],
  ['a negative number', 'qemu-io> -1,1,0:00:00.00,1604386995.691,391696.044\n'],
  ['words', 'qemu-io> Unable to read\n'],
])('%s is a message and no result', (_, text) => {
  const found = parse(text);
  expect(found).toHaveLength(1);
  expect(found[0]).toHaveProperty('message');
});

test('a line without end is cut and costs no memory', () => {
  const found = parse(...Array.from({ length: 1000 }, () => 'x'.repeat(1000)), '\n');
  expect(found).toEqual([{ message: 'x'.repeat(1024) }]);
});

test('any bytes at all are taken without an exception', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), (chunks) => {
      parse(...chunks.map((chunk) => Buffer.from(chunk)));
    }),
    { seed: 3 },
  );
});
