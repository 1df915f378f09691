import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { directIozoneRows } from '../../bench/workload-validation/direct-iozone.ts';
import { isWithin, type MeasureName, type Measures, measuresOf } from '../../bench/workload-validation/measures.ts';
import { renderTable, undocumented } from '../../bench/workload-validation/render.ts';
import { validationRows } from '../../bench/workload-validation/rows.ts';

const directory = new URL('../../reports/workload-validation/', import.meta.url);

async function measured(file: string): Promise<Readonly<Record<string, Measures>>> {
  return JSON.parse(await readFile(new URL(file, directory), 'utf8'));
}

const recordings = await measured('recordings.json');
const results = await measured('results.json');

function recordingOf(name: string): Measures {
  const found = recordings[name];
  if (found === undefined) throw new RangeError(`no measures of ${name}`);
  return found;
}

const quickRows = validationRows.filter((row) => row.isQuick);

describe.each(quickRows)('$name', (row) => {
  test('is as far from its recording as the report says', async () => {
    const model = measuresOf(await row.requests(), row.diskBytes);
    expect(model).toEqual(results[row.recording]);
  });
});

describe.each(validationRows)('$name in the report', (row) => {
  test('is within a tenth of the recording, or says why not', () => {
    const recording = recordingOf(row.recording);
    const model = results[row.recording];
    if (model === undefined) throw new RangeError(`no results of ${row.recording}`);
    expect(undocumented([{ row, recording, model }])).toEqual([]);
    // A cause that is no longer needed hides the next difference.
    const needless = Object.keys(row.causes).filter((name) => isWithin(name as MeasureName, model, recording));
    expect(needless).toEqual([]);
  });
});

test('the report is what the results make of it', async () => {
  const rows = validationRows.map((row) => ({
    row,
    recording: recordingOf(row.recording),
    model: results[row.recording] ?? recordingOf(row.recording),
  }));
  expect(await readFile(new URL('results.md', directory), 'utf8')).toBe(renderTable(rows, await directIozoneRows()));
});

test('with O_DIRECT each record of iozone is one request', async () => {
  for (const { test: name, recorded, profile } of await directIozoneRows()) {
    const count = (text: string): number => Number(/^[\d,]+/.exec(text)?.[0].replaceAll(',', ''));
    expect(count(profile), name).toBeGreaterThan(0.998 * count(recorded));
    expect(count(profile), name).toBeLessThanOrEqual(count(recorded));
  }
});

test('a difference of more than a tenth is told from one that makes none', () => {
  const base = recordingOf('postmark-20k-50k-ext4-mem64m');
  const changed = (changes: Partial<Measures>): Measures => ({ ...base, ...changes });
  expect(isWithin('reads', changed({ reads: base.reads * 1.09 }), base)).toBe(true);
  expect(isWithin('reads', changed({ reads: base.reads * 1.11 }), base)).toBe(false);
  expect(isWithin('syncs', changed({ syncs: base.syncs + 50 }), base)).toBe(true);
  expect(isWithin('syncs', changed({ syncs: base.syncs + 500 }), base)).toBe(false);
  expect(isWithin('sequentialRatio', changed({ sequentialRatio: base.sequentialRatio + 0.02 }), base)).toBe(false);
  expect(isWithin('readSizeP50Bytes', changed({ readSizeP50Bytes: 8192 }), base)).toBe(false);
});
