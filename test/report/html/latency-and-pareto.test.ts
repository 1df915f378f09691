import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { LatencyRecorder } from '../../../src/engine/latency-recorder.ts';
import { medianCurve, percentiles, readLatencies } from '../../../src/report/html/latency-curves.ts';
import { paretoFront } from '../../../src/report/html/pareto.ts';
import { configuration, journalText } from '../../helpers/journal.ts';
import { completedTrial, sampleMetrics } from '../../helpers/trials.ts';

const directory = mkdtempSync(join(tmpdir(), 'qtune-latency-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Latencies of 1, 2, … `count` microseconds. */
function histogram(count: number): string {
  const recorder = new LatencyRecorder();
  for (let index = 1; index <= count; index++) recorder.record(1000 * index);
  return recorder.encode();
}

async function curvesOf(histograms: Readonly<Record<string, string>>) {
  const path = join(directory, 'journal.ndjson');
  writeFileSync(
    path,
    journalText({ cells: [{ configuration: configuration(), iops: [1000], metrics: { histograms } }] }),
  );
  return readLatencies(path);
}

test('percentiles are those of the latencies, reads and writes together, and stop where requests do', async () => {
  const { curves } = await curvesOf({ read: histogram(1000), write: histogram(1000) });
  const [{ curve } = { curve: new Float32Array() }] = curves.values();
  const at = (percent: number): number | undefined => curve[percentiles.indexOf(percent)];
  expect(at(50)).toBeCloseTo(0.5, 3);
  expect(at(99)).toBeCloseTo(0.99, 2);
  expect(at(99.95)).toBeCloseTo(1, 2);
  // One of 2,000 requests is slower than 99.95 %; of 99.99 % nothing is known.
  expect(at(99.99)).toBeUndefined();
});

test.each([[{}], [{ read: 'HISTFAAAAnonsense' }], [{ read: '' }]])(
  '%j is no curve and no error',
  async (histograms) => {
    expect((await curvesOf(histograms)).curves.size).toBe(0);
  },
);

test('of a trial that was run again the later record counts, and the earlier one is told', async () => {
  const path = join(directory, 'again.ndjson');
  const record = (startedAt: string, count: number) =>
    completedTrial({ startedAt, metrics: sampleMetrics(1000, { histograms: { read: histogram(count) } }) });
  const [first, second] = [record('2026-01-02T03:04:05.000Z', 1000), record('2026-01-02T03:04:06.000Z', 10_000)];
  writeFileSync(path, journalText({ cells: [], trials: [first, second] }));
  const { curves, replaced } = await readLatencies(path);
  expect(replaced.map((trial) => trial.startedAt)).toEqual([first.startedAt]);
  expect(curves.get(first.id)?.curve[percentiles.indexOf(50)]).toBeCloseTo(5, 2);
});

test('the curve of several trials is their median, as far as all of them reach', () => {
  const curve = (...values: number[]) => ({ curve: Float32Array.from(values) });
  expect(medianCurve([curve(1, 5, 9), curve(2, 7), curve(3, 6, 8)])).toEqual([2, 6]);
  expect(medianCurve([curve(1, 5), curve(2, 7)])).toEqual([1.5, 6]);
  expect(medianCurve([])).toBeNull();
});

test('the front is what nothing else beats', () => {
  const point = (speed: number | null, memory: number | null, space: number | null) => ({ speed, memory, space });
  const front = (...points: ReturnType<typeof point>[]) => paretoFront(points);
  expect(front(point(10, 1, 1), point(20, 2, 1), point(15, 3, 1))).toEqual([true, true, false]);
  expect(front(point(10, 1, 1), point(10, 1, 1))).toEqual([true, true]);
  // Blocks of the file system's own are no difference in space.
  expect(front(point(20, 1, 1_000_001), point(10, 1, 1_000_000))).toEqual([true, false]);
  expect(front(point(null, 1, 1), point(10, null, 1), point(20, 1, null))).toEqual([false, false, true]);
});
