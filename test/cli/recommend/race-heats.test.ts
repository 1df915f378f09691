import { expect, test } from 'vitest';
import type { MeasuringWorkloads } from '../../../src/advisor/measuring-workloads.ts';
import { workloadHead } from '../../../src/advisor/race/workload-head.ts';
import { findTraits, type WorkloadTraits } from '../../../src/advisor/workload-traits.ts';
import { readHeat } from '../../../src/cli/recommend/race-heats.ts';
import type { TrialRecord } from '../../../src/trial/record.ts';
import { scriptedWorkload } from '../../helpers/scripted-engine.ts';
import { completedTrial, sampleMetrics } from '../../helpers/trials.ts';

const half: WorkloadTraits = { ...(findTraits('general') as WorkloadTraits), readRatio: 0.5 };
const members = [
  { key: 'default', extendedL2: false },
  { key: 'a', extendedL2: false },
  { key: 'b', extendedL2: true },
];
const dataRead = { plain: 'default', subclusters: 'extended_l2=on' };
const inParts: MeasuringWorkloads = {
  read: scriptedWorkload('read'),
  write: scriptedWorkload('write'),
  data: scriptedWorkload('data'),
};

/** Four slices that took as long each. */
function trial(workload: string, label: string, iops: number): TrialRecord {
  const driverMs = [1, 2, 3, 4].map((share) => (100 * share) / iops);
  return completedTrial({
    workload,
    configuration: { label, create: {}, drive: {} },
    metrics: sampleMetrics(iops),
    slices: { session: '0123456789abcdef', driverMs },
  });
}

function rates(records: readonly TrialRecord[], parts: MeasuringWorkloads = inParts) {
  const { lanes, values } = readHeat(half, parts, members, records, dataRead);
  return { lanes, rateOf: (key: string) => values.get(key)?.rate };
}

const all = [
  ...[trial('read', 'default', 1000), trial('read', 'a', 2000), trial('read', 'b', 2000)],
  ...[trial('write', 'default', 500), trial('write', 'a', 500), trial('write', 'b', 1000)],
  ...[trial('data', 'default', 1000), trial('data', 'extended_l2=on', 2000)],
];

test('the parts are put together: reads, writes, their lookups, and the data that subclusters leave out', () => {
  const { lanes, rateOf } = rates(all);
  // Half a read of 1 ms, half a write of 2 ms with what a lookup takes beyond the fastest: 0.5 ms.
  expect(rateOf('default')).toBeCloseTo(1 / (0.5 * 0.001 + 0.5 * (0.002 + 0.0005)), 6);
  expect(rateOf('a')).toBeCloseTo(1 / (0.5 * 0.0005 + 0.5 * 0.002), 6);
  // Reading data takes 1 ms less 0.5 ms, which reads with subclusters skip.
  expect(rateOf('b')).toBeCloseTo(1 / (0.5 * 0.001 + 0.5 * (0.001 + 0.0005)), 6);
  const logRates = lanes.map((lane) => ('failure' in lane ? Number.NaN : lane.logRate));
  expect(logRates[0]).toBe(0);
  expect(logRates[1]).toBeCloseTo(Math.log((rateOf('a') ?? 0) / (rateOf('default') ?? 1)), 9);
});

test('one whose part failed has the reason and no value; the others keep theirs', () => {
  const failed: TrialRecord = {
    ...completedTrial({ workload: 'write', configuration: { label: 'a', create: {}, drive: {} } }),
    ...{ state: 'failed', reason: 'no space' },
  } as TrialRecord;
  const records = [...all.filter((one) => one.workload !== 'write' || one.configuration.label !== 'a'), failed];
  const { lanes, rateOf } = rates(records);
  expect(lanes[1]).toEqual({ key: 'a', failure: 'no space' });
  expect(rateOf('a')).toBeUndefined();
  expect(rateOf('b')).toBeGreaterThan(0);
  const without = rates(all.filter(({ configuration }) => configuration.label !== 'b'));
  expect(without.lanes[2]).toEqual({ key: 'b', failure: 'it did not run' });
});

test('a whole workload is compared slice by slice', () => {
  const whole = { whole: scriptedWorkload('trace') };
  const records = [trial('trace', 'default', 1000), trial('trace', 'a', 1500), trial('trace', 'b', 500)];
  const { lanes } = rates(records, whole);
  expect(lanes[1]).toMatchObject({ key: 'a', logRate: expect.closeTo(Math.log(1.5), 9) });
  expect(lanes[2]).toMatchObject({ key: 'b', logRate: expect.closeTo(Math.log(0.5), 9) });
  expect(lanes[1]).toHaveProperty('against');
});

test('the head of a workload is its first requests under another name; most of it is itself', () => {
  const full = { ...scriptedWorkload('trace'), requestCount: 1000, warmUpCount: 100 };
  expect(workloadHead(full, 700)).toBe(full);
  const head = workloadHead(
    {
      ...full,
      *requests() {
        yield* blocks(300, 500, 200);
      },
    },
    350,
  );
  expect(head).toMatchObject({ name: 'trace-start', requestCount: 450, warmUpCount: 100 });
  expect(head.identity).not.toEqual(full.identity);
  expect([...head.requests()].map(({ count }) => count)).toEqual([300, 150]);
});

function* blocks(...counts: readonly number[]) {
  for (const count of counts) yield { ...first(), count };
}

function first() {
  for (const block of scriptedWorkload('one').requests()) return block;
  throw new Error('no requests');
}
