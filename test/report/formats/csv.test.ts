import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { renderCsv } from '../../../src/report/formats/csv.ts';
import {
  empty,
  failed,
  hostile,
  hostileNames,
  passed,
  ruled,
  sampleCell,
  sampleComparison,
  variety,
} from './samples.ts';

/** Strict: a stray quote or a row with more or fewer fields is an error. */
function rowsOf(text: string): Record<string, string>[] {
  return parse(text, { columns: true, record_delimiter: '\r\n' });
}

test('there is a row a cell and metric and one a cell that was not compared, with the values of --json', () => {
  const rows = rowsOf(renderCsv(variety, failed));
  expect(rows).toHaveLength(variety.cells.length + variety.unmatched.length);
  expect(rows[0]).toMatchObject({
    cell: 'l2-cache-20g/l2-cache-size=1M',
    state: 'compared',
    metric: 'iops',
    base: '1000',
    head: '850',
    headLow: '841',
    ratio: '0.85',
    verdict: 'worse',
    adjustedProbability: '0.006',
    gate: 'failed',
    reason: '',
  });
  expect(rows.map((row) => row.gate)).toEqual([
    ...['failed', 'passed', 'passed', 'passed', 'failed', 'failed', 'passed', 'failed', 'passed', 'passed'],
    ...['not-compared', 'not-compared', 'failed'],
  ]);
  // From zero there is no ratio; without a value on one side there is none either.
  expect(rows[7]).toMatchObject({ base: '0', head: '12', ratio: '', verdict: 'worse' });
  expect(rows[8]).toMatchObject({ head: '', headLow: '', ratio: '', reason: 'head has no value' });
  expect(rows.slice(-3).map((row) => [row.cell, row.state, row.metric, row.verdict])).toEqual([
    ['boot/cache=none', 'missing', '', ''],
    ['boot/cache=unsafe', 'missing', '', ''],
    ['boot/cluster_size=2M', 'not-completed', '', ''],
  ]);
});

test('what a rule could not judge is neither passed nor failed', () => {
  const gates = rowsOf(renderCsv(variety, ruled)).map((row) => row.gate);
  expect(gates.filter((gate) => gate === 'failed')).toHaveLength(2);
  expect(gates[10]).toBe('not-compared');
});

test('the method and what goes with it are told', () => {
  const cell = sampleCell({ method: 'interleaved', sliceCount: 960, thresholdRatio: 0.01 });
  const [row] = rowsOf(renderCsv(sampleComparison([cell]), undefined));
  expect(row).toMatchObject({ method: 'interleaved', sliceCount: '960', thresholdRatio: '0.01' });
});

test('without a gate its column is empty; no cell gives the names of the columns alone', () => {
  expect(new Set(rowsOf(renderCsv(variety, undefined)).map((row) => row.gate))).toEqual(new Set(['']));
  expect(new Set(rowsOf(renderCsv(variety, passed)).map((row) => row.gate))).toEqual(new Set(['passed']));
  expect(renderCsv(empty, undefined)).toMatch(/^cell,state,workload,[^\r\n]*,gate,reason\r\n$/);
});

test('hostile text comes back, and none of it is a formula', () => {
  const rows = rowsOf(renderCsv(hostile, undefined));
  const fields = rows.flatMap((row) => Object.values(row));
  expect(fields.filter((field) => /^\s*[=+\-@\uff1d]/.test(field))).toEqual([]);
  const workloads = new Set(rows.map((row) => row.workload));
  expect(workloads).toContain('\'=cmd|"/C calc"!A0');
  expect(workloads).toContain("' =1+1");
  expect(workloads).toContain('"quoted" \'twice\' and "');
  expect(workloads).toContain('::error::owned');
  expect(rows).toHaveLength(hostile.cells.length + hostileNames.length);
});
