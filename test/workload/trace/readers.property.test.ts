import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import { traceFormats } from '../../../src/workload/trace/formats/index.ts';
import { TraceFilter } from '../../../src/workload/trace/trace-filter.ts';
import { type TraceFormat, traceFormatNames } from '../../../src/workload/trace/trace-format.ts';
import { defaultTraceOptions } from '../../../src/workload/trace/trace-options.ts';
import { traceExamples } from '../../helpers/trace-examples.ts';
import { readBytes } from '../../helpers/traces.ts';

const formatOf = (name: string): TraceFormat => traceFormats.find((format) => format.name === name) as TraceFormat;

/** What a reader made of some bytes, or how it refused them. */
function outcome(format: TraceFormat, bytes: Uint8Array, skipBadCount: number, pieceBytes?: number): unknown {
  try {
    return readBytes(format, bytes, { skipBadCount }, pieceBytes);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

/** Bytes near to those of a trace: pieces of it are lost, doubled, or written over. */
function damaged(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const place = fc.nat(bytes.length);
  const damage = fc.record({
    from: place,
    length: fc.nat(40),
    instead: fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc
        .constantFrom('-1', '18446744073709551615', '9'.repeat(400), ' ', '\n', '\0', ',', '1.', '0x')
        .map((s) => Buffer.from(s)),
      fc.tuple(place, fc.nat(60)).map(([from, length]) => bytes.slice(from, from + length)),
    ),
  });
  return fc
    .array(damage, { minLength: 1, maxLength: 4 })
    .map((damages) =>
      damages.reduce<Uint8Array>(
        (left, { from, length, instead }) =>
          new Uint8Array(Buffer.concat([left.slice(0, from), instead, left.slice(from + length)])),
        bytes,
      ),
    );
}

test('there is an example of every format', () => {
  expect([...new Set(traceExamples.map(([name]) => name))].sort()).toEqual([...traceFormatNames].sort());
  expect(traceFormats.map(({ name }) => name).sort()).toEqual([...traceFormatNames].sort());
});

describe.each(traceExamples.map(([name, bytes], index) => [`${name} (${index})`, formatOf(name), bytes] as const))(
  '%s',
  (_, format, bytes) => {
    test('is recognised by its own format alone, and read', () => {
      expect(traceFormats.filter((other) => other.recognises(bytes))).toEqual([format]);
      expect(readBytes(format, bytes).requests.length).toBeGreaterThan(1);
    });

    test('is read the same however its bytes come', () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: bytes.length }), (pieceBytes) => {
          expect(outcome(format, bytes, 0, pieceBytes)).toEqual(outcome(format, bytes, 0));
        }),
        { numRuns: 40 },
      );
    });

    test('damaged, is refused as input or read, by its own reader and by any other', () => {
      fc.assert(
        fc.property(
          damaged(bytes),
          fc.constantFrom(...traceFormats),
          fc.constantFrom(0, 3, 1000),
          (input, other, skip) => {
            outcome(format, input, skip);
            outcome(other, input, skip);
            expect(traceFormats.filter((candidate) => candidate.recognises(input)).length).toBeLessThanOrEqual(1);
          },
        ),
        { numRuns: 300 },
      );
    });

    test('damaged, is read the same however its bytes come', () => {
      // Where the next record of blktrace is looked for behind rubbish depends on how much is there.
      fc.assert(
        fc.property(damaged(bytes), fc.integer({ min: 1, max: 300 }), (input, pieceBytes) => {
          const skip = format.name === 'blktrace' ? 0 : 1000;
          expect(outcome(format, input, skip, pieceBytes)).toEqual(outcome(format, input, skip));
        }),
        { numRuns: 150 },
      );
    });
  },
);

test.each(traceFormats.map((format) => [format.name, format] as const))('%s takes any bytes for input', (_, format) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 3000 }),
      fc.integer({ min: 1, max: 4000 }),
      fc.constantFrom(0, 1e6),
      (bytes, pieceBytes, skip) => {
        outcome(format, bytes, skip, pieceBytes);
        format.recognises(bytes);
      },
    ),
    { numRuns: 200 },
  );
});

test.each(traceFormats.map((format) => [format.name, format] as const))(
  '%s keeps nothing of 64 MiB without an end of a line',
  (_, format) => {
    const options = { ...defaultTraceOptions, skipBadCount: Number.POSITIVE_INFINITY };
    const sink = new TraceFilter({ shown: 'trace', options, diskBytes: Number.POSITIVE_INFINITY, oneDevice: false });
    const reader = format.open(sink, options);
    const piece = new Uint8Array(1024 * 1024).fill(0x61);
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 64; count++) reader.push(piece);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024);
    reader.end();
    expect(sink.store.count).toBe(0);
    expect(sink.skippedCount).toBeGreaterThan(0);
  },
);
