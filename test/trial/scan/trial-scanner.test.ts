import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJournalLine } from '../../../src/trial/parse-record.ts';
import type { TrialRecord } from '../../../src/trial/record.ts';
import { figuresOf, type TrialFigures } from '../../../src/trial/scan/trial-figures.ts';
import { TrialScanner } from '../../../src/trial/scan/trial-scanner.ts';
import { completedTrial, sampleMetrics } from '../../helpers/trials.ts';

const slices = { session: 'a1b2', driverMs: [50.25, 49.75, 51, 1e-7, 12.345_678_901_234_567] };
const disturbance = { disturbed: true, stealMs: 12.5, waitMs: 0, otherIoBytes: 4096, throttledMs: 0 };

function scan(line: string): TrialFigures | undefined {
  const bytes = Buffer.from(`${line}\n`, 'utf8');
  return new TrialScanner().scan(bytes, 0, bytes.length - 1);
}

/** What the parser makes of the line; undefined where it refuses it or it is no trial. */
function parse(line: string): TrialFigures | undefined {
  try {
    const record = parseJournalLine(line, { file: 'journal.ndjson', line: 2 });
    return record?.type === 'trial' ? figuresOf(record) : undefined;
  } catch {
    return undefined;
  }
}

const samples: readonly TrialRecord[] = [
  completedTrial(),
  completedTrial({ slices, disturbance }),
  completedTrial({ slices, disturbance: { ...disturbance, disturbed: false }, metrics: sampleMetrics(12_345.6789) }),
  completedTrial({
    workload: 'own-trace',
    engine: 'simulated',
    metrics: sampleMetrics(3, {
      iopsInterval: { low: 2, high: 4 },
      spaceAmplificationRatio: 1.0625,
      hostIo: { sync: 0, otherRead: 9_007_199_254_740_991, backingRead: 1 },
    }),
  }),
];

describe('what qtune writes is read without the parser, to the same figures', () => {
  test.each(samples.map((record) => JSON.stringify(record)))('%#', (line) => {
    const figures = scan(line);
    expect(figures).toBeDefined();
    expect(figures).toStrictEqual(parse(line));
  });

  test('any finite numbers are read to the last bit', () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(
        number,
        number,
        fc.array(number, { minLength: 1 }),
        fc.maxSafeNat(),
        (iops, mean, driverMs, block) => {
          const { latencyMs } = sampleMetrics(1);
          const metrics = sampleMetrics(1, { iops, latencyMs: { ...latencyMs, mean } });
          const line = JSON.stringify(completedTrial({ block, metrics, slices: { session: 'x', driverMs } }));
          expect(scan(line)).toStrictEqual(parse(line));
          expect(scan(line)).toBeDefined();
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('so are numbers in every spelling that JSON has', () => {
    const digits = fc.stringMatching(/^(0|[1-9]\d{0,24})(\.\d{1,25})?([eE][+-]?\d{1,3})?$/);
    fc.assert(
      fc.property(digits, fc.boolean(), (text, negative) => {
        const spelt = `${negative ? '-' : ''}${text}`;
        const line = JSON.stringify(completedTrial()).replace(/"wallMs":[^,]*/, `"wallMs":${spelt}`);
        const figures = scan(line);
        if (figures !== undefined) expect(figures).toStrictEqual(parse(line));
        expect(figures === undefined).toBe(!Number.isFinite(Number(spelt)));
      }),
      { numRuns: 3000 },
    );
  });
});

describe('whatever it accepts, the parser accepts with the same meaning', () => {
  const lines = samples.map((record) => JSON.stringify(record));
  const agree = (line: string): void => {
    const figures = scan(line);
    if (figures !== undefined) expect(figures).toStrictEqual(parse(line));
  };

  test('after any change of a few bytes', () => {
    const alphabet = [...'{}[]":,.-+eE0159\\utfn \t\r\u0000\u0001a/é'];
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      drop: fc.nat(3),
      insert: fc.array(fc.constantFrom(...alphabet), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.constantFrom(...lines), fc.array(change, { minLength: 1, maxLength: 3 }), (line, changes) => {
        let text = line;
        for (const { at, drop, insert } of changes) {
          const place = Math.floor(at * text.length);
          text = text.slice(0, place) + insert.join('') + text.slice(place + drop);
        }
        agree(text);
      }),
      { numRuns: 20_000 },
    );
  });

  test('with any value in the place of another', () => {
    const values = [
      ...['null', 'true', 'false', '0', '-0', '-1', '1.5', '1e999', '-1e999', '1e-400', '01', '1.', '.5', '-', '""'],
      ...['"x"', '"\\u0041"', '"\\x"', '"é"', '[]', '[1]', '[1,]', '{}', '{"a":1}', '{"a":{"b":{"c":{"d":{"e":1}}}}}'],
      ...['{"a":{"b":{"c":{"d":1}}}}', '{"a":null}', '{"a":true}', '{"a":[]}', '{"a":"b"}', '9007199254740993', '{,}'],
      ...['{"disturbed":true}', '{"disturbed":true,"a":1}', '{"disturbed":false,"disturbed":true}', '{"session":"a"}'],
      ...['{"session":"a","driverMs":[]}', '{"session":"a","driverMs":[1e999]}', '{"session":"","driverMs":[1,2]}'],
      ...[
        '{"label":"a","create":{},"drive":{}}',
        '{"label":"a","create":{},"drive":[]}',
        '"fio"',
        '"failed"',
        '"header"',
      ],
    ];
    for (const line of lines) {
      for (const { index, 0: key } of line.matchAll(/"[A-Za-z0-9]+":/g)) {
        const start = index + key.length;
        const end = start + valueLength(line, start);
        for (const value of values) agree(line.slice(0, start) + value + line.slice(end));
        // A key twice: the last one counts.
        for (const value of ['0', '"x"', '{}']) agree(`${line.slice(0, index)}${key}${value},${line.slice(index)}`);
        agree(line.slice(0, index) + line.slice(end).replace(/^,/, ''));
        agree(`${line.slice(0, index)}${key.replace(/[a-z]/, '\\u0070')}${line.slice(start)}`);
      }
    }
  });
});

/** Length of the JSON value that begins there. */
function valueLength(text: string, start: number): number {
  for (let end = start + 1; end <= text.length; end++) {
    const next = text[end];
    if (next !== undefined && !',}]'.includes(next)) continue;
    try {
      JSON.parse(text.slice(start, end));
      return end - start;
    } catch {}
  }
  throw new Error('no value');
}
