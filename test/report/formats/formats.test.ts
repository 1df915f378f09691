import { describe, expect, test } from 'vitest';
import { findFormat, outputFormats } from '../../../src/report/formats/index.ts';
import { unitOf } from '../../../src/report/formats/metric-unit.ts';
import { seriesName, stableName } from '../../../src/report/formats/stable-name.ts';
import { metricNames } from '../../../src/report/metric.ts';
import {
  empty,
  failed,
  hindered,
  hostile,
  hostileGate,
  hostileNames,
  passed,
  ruled,
  sampleCell,
  variety,
} from './samples.ts';

describe.each(outputFormats.filter((format) => format.name !== 'action-benchmark'))('$name', (format) => {
  test.each([
    ['every state of a figure', variety, failed],
    ['a gate that passed', variety, passed],
    ['rules that were broken', variety, ruled],
    ['a gate that could not judge', variety, hindered],
    ['no gate', variety, undefined],
    ['no cell at all', empty, undefined],
    ['hostile names', hostile, hostileGate],
  ])('takes %s, and is the same each time', async (_, comparison, gate) => {
    const render = await format.load();
    const text = render(comparison, gate);
    expect(text).toMatch(/\n$/);
    expect(text.replace(/\bfeed\b/g, '')).not.toMatch(/\b(NaN|Infinity|undefined|\[object)\b/);
    expect(render(comparison, gate)).toBe(text);
  });

  test('writes no control character of a name, a path or a warning', async () => {
    // Reasons and hints are qtune's own words; what they quote is printable already.
    const cells = hostile.cells.map((cell) => ({ ...cell, reason: 'too noisy' }));
    const unmatched = hostile.unmatched.map((entry) => ({ ...entry, reason: 'not in head' }));
    const warnings = hostile.warnings.map(({ code, subject, message }) => ({ code, subject, message }));
    const text = (await format.load())({ ...hostile, cells, unmatched, warnings }, hostileGate);
    const rest = text.replaceAll(format.name === 'csv' ? '\r\n' : '\n', '');
    // JSON spells out those below the space only.
    const isControl = (code: number): boolean => code < 0x20 || (code >= 0x7f && code < 0xa0 && format.name !== 'json');
    expect([...rest].filter((character) => isControl(character.codePointAt(0) ?? 0))).toEqual([]);
  });
});

test('names of formats are unique and each has a file extension and one short line of help', () => {
  const names = outputFormats.map((format) => format.name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, extension, describe: help } of outputFormats) {
    expect(extension).toMatch(/^\.[a-z]+$/);
    expect(help.length + name.length).toBeLessThan(78);
    expect(findFormat(name)?.name).toBe(name);
  }
  expect(findFormat('xml')).toBeUndefined();
});

test('every metric has the unit that its name says', () => {
  const units = Object.fromEntries(metricNames.map((name) => [name, unitOf(name)]));
  expect(units).toMatchObject({
    iops: 'operations-per-second',
    bytesPerSecond: 'bytes-per-second',
    'latencyMs.p999': 'milliseconds',
    fileBytes: 'bytes',
    hostSeekBytes: 'bytes',
    spaceAmplificationRatio: 'ratio',
    hostIoCount: 'requests',
    'hostIo.sync': 'requests',
  });
});

describe('names that other programs keep', () => {
  test('are the text itself where it is plain', () => {
    expect(stableName('l2-cache-size=1M cache=none')).toBe('l2-cache-size=1M cache=none');
    expect(seriesName(sampleCell())).toBe('l2-cache-20g/l2-cache-size=1M');
  });

  test('stay different, short and printable where it is not', () => {
    const names = hostileNames.map((name) => stableName(name, 64));
    expect(new Set(names).size).toBe(hostileNames.length);
    for (const name of names) expect(name.length).toBeLessThanOrEqual(64);
    // What is spelled out must not become the name of something that is spelled so.
    expect(stableName('\u001b')).not.toBe(stableName('\\x1b'));
  });

  test('keep predictions apart, and workloads with a slash', () => {
    const one = sampleCell({ workload: 'a/b', headConfiguration: 'c' });
    const other = sampleCell({ workload: 'a', headConfiguration: 'b/c' });
    expect(one.cell).toBe(other.cell);
    expect(seriesName(one)).not.toBe(seriesName(other));
    expect(seriesName(sampleCell({ source: 'predicted' }))).toBe('l2-cache-20g/l2-cache-size=1M (predicted)');
  });
});
