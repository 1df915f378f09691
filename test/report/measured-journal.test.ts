import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MeasuredCell } from '../../src/report/measured-cell.ts';
import { pairIndices } from '../../src/report/measured-cell.ts';
import { type MeasuredJournal, measureJournal, readMeasured } from '../../src/report/measured-journal.ts';
import { selectMetrics } from '../../src/report/metric.ts';
import { readJournal } from '../../src/trial/journal-reader.ts';
import type { TrialRecord } from '../../src/trial/record.ts';
import { around, configuration, type JournalDirectory, journalDirectory, journalRecords } from '../helpers/journal.ts';
import { completedTrial, sampleMetrics } from '../helpers/trials.ts';

let journals: JournalDirectory;
beforeAll(() => {
  journals = journalDirectory();
});
afterAll(() => journals.remove());

const metrics = selectMetrics(['iops', 'latencyMs.p99', 'spaceAmplificationRatio', 'hostIo', 'hostIoCount']);
const one = configuration({ 'l2-cache-size': '1M' });

/** Everything of a journal as plain data. */
function plain(journal: MeasuredJournal): unknown {
  return {
    counts: [journal.recordedCount, journal.completedCount],
    cells: journal.cells.map((cell) => ({
      ...cell,
      values: metrics.map((metric) => cell.values(metric)),
      slices: Array.from({ length: cell.completedCount }, (_, index) => cell.slices(index)),
    })),
  };
}

function failed(id: string): TrialRecord {
  const { metrics: _, warnings: __, command: ___, cpus: ____, ...trial } = completedTrial({ id, configuration: one });
  return { ...trial, state: 'timed-out', reason: 'too slow' };
}

const disturbance = { disturbed: true, stealMs: 9, waitMs: 0, otherIoBytes: 0, throttledMs: 0 };
const rerun = (id: string, iops: number, extra: object = {}): TrialRecord =>
  completedTrial({ id, configuration: one, block: 3, repetition: 3, metrics: sampleMetrics(iops), ...extra });
const extra: readonly TrialRecord[] = [
  rerun('again', 500, { disturbance, slices: { session: 'x', driverMs: [1, 2.5, 1e-7] } }),
  rerun('again', 700, { slices: { session: 'x', driverMs: [3, 4.25] } }),
  failed('again'),
  failed('first-failed'),
  rerun('first-failed', 800, { block: 4 }),
  failed('only-failed'),
  failed('only-failed'),
];

test('reading by the column gives what reading into memory gives, with the last completed record of each trial', async () => {
  const plan = {
    cells: [
      { configuration: one, iops: around(1000, 7) },
      { workload: 'boot', configuration: configuration({ 'l2-cache-size': '2M' }), iops: [3, 2, 1] },
      { workload: 'boot', configuration: configuration(), iops: [9], engine: 'simulated' as const },
    ],
    trials: extra,
  };
  const lines = journalRecords(plan).map((record) => JSON.stringify(record));
  // Blanks and another order of keys are JSON too, and go the long way.
  lines.splice(3, 1, (lines[3] ?? '').replace('{"type":"trial",', '{ "type": "trial" , '));
  const name = journals.write('a.ndjson', `${lines.join('\n')}\n{"type":"trial","id":"cut`);
  const path = join(journals.path, name);
  const streamed = await readMeasured(path, metrics);
  const inMemory = measureJournal(await readJournal(path), metrics);
  expect(streamed.warnings.map((warning) => warning.code)).toEqual(['torn-line']);
  // The reader of whole journals leaves out first records, and so never sees that one of them was disturbed.
  const withoutCounts = (journal: MeasuredJournal): unknown =>
    plain({ ...journal, cells: journal.cells.map((cell) => ({ ...cell, disturbedCount: 0 })) });
  expect(withoutCounts(streamed)).toEqual(withoutCounts(inMemory));
  const [first] = streamed.cells;
  expect(first?.disturbedCount).toBe(1);
  expect(first?.incompleteStates).toEqual(['timed-out']);
  expect(streamed.recordedCount).toBe(7 + 3 + 1 + 3);
  const [iops] = metrics;
  if (!first || !iops) throw new Error('a cell');
  expect([...first.values(iops)].filter((value) => [500, 700, 800].includes(value))).toEqual([700, 800]);
  const again = [...first.values(iops)].indexOf(700);
  expect(first.slices(again)).toEqual({ session: 'x', driverMs: [3, 4.25] });
});

test('trials are paired by block and repetition, whatever else a side has', () => {
  const cell = (blocks: readonly number[]): MeasuredCell => {
    const trials = blocks.map((block) => completedTrial({ id: String(block), block, repetition: block }));
    const [header] = journalRecords({ cells: [] });
    if (header?.type !== 'header') throw new Error('a header');
    const frame = {
      path: 'x',
      header,
      resumes: [],
      confirmations: [],
      shards: [],
      warnings: [],
      wholeBytes: 0,
      tornBytes: 0,
    };
    const [only] = measureJournal({ ...frame, trials }, metrics).cells;
    if (!only) throw new Error('a cell');
    return only;
  };
  expect(pairIndices(cell([5, 1, 2, 9]), cell([2, 3, 5, 7]))).toEqual([
    [1, 0],
    [2, 2],
  ]);
});
