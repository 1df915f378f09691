import { describe, expect, test } from 'vitest';
import { buildComparison, type ComparedCell, type Comparison } from '../../src/report/comparison.ts';
import { renderComparison } from '../../src/report/comparison-table.ts';
import { selectMetrics } from '../../src/report/metric.ts';
import { compareSchema } from '../../src/report/schemas/compare.ts';
import type { Journal } from '../../src/trial/journal-reader.ts';
import { around, configuration, type JournalPlan, journalInMemory } from '../helpers/journal.ts';

const small = configuration({ 'l2-cache-size': '1M' });
const metrics = selectMetrics(['iops', 'latencyMs.mean', 'latencyMs.p99', 'hostIoCount']);
const sliceCount = 20;

/** A journal whose trials were cut into slices that took turns with another's of the same sessions. */
function sliced(plan: JournalPlan, path: string, sessionOf: (block: number) => string | undefined): Journal {
  const journal = journalInMemory(plan, path);
  const trials = journal.trials.map((trial) => {
    const session = sessionOf(trial.block);
    if (trial.state !== 'completed' || session === undefined) return trial;
    // Both sides share the noise of a slice, as those do that run next to each other.
    const driverMs = around(trial.metrics.driverMs / sliceCount, sliceCount, 0.2, trial.block);
    return { ...trial, slices: { session, driverMs } };
  });
  return { ...journal, trials };
}

function compare(
  baseIops: readonly number[],
  headIops: readonly number[],
  sessionOfBase: (block: number) => string | undefined,
  sessionOfHead = sessionOfBase,
): Comparison {
  const base = sliced({ cells: [{ configuration: small, iops: baseIops }] }, 'base.ndjson', sessionOfBase);
  const head = sliced({ cells: [{ configuration: small, iops: headIops }] }, 'head.ndjson', sessionOfHead);
  return buildComparison(base, head, { metrics, confidence: 0.95 });
}

function cell(comparison: Comparison, metric: string): ComparedCell {
  const found = comparison.cells.find((entry) => entry.metric === metric);
  if (!found) throw new Error(`no ${metric}`);
  return found;
}

const session = (block: number): string => `s${block}`;
const base = around(1000, 8, 0.001);
const slower = around(970, 8, 0.001, 5);

describe('blocks whose slices took turns', () => {
  test('decide on rates and mean latency; other metrics by whole trials, counts exactly', () => {
    const comparison = compare(base, slower, session);
    const iops = cell(comparison, 'iops');
    expect(iops).toMatchObject({ method: 'interleaved', verdict: 'worse', thresholdRatio: 0.01, pairCount: 8 });
    expect(iops.sliceCount).toBe(8 * sliceCount);
    expect(iops.ratio).toBeCloseTo(0.97, 2);
    expect(cell(comparison, 'latencyMs.mean').ratio).toBeCloseTo(1 / (iops.ratio ?? 0), 6);
    expect(cell(comparison, 'latencyMs.mean')).toMatchObject({ method: 'interleaved', verdict: 'worse' });
    expect(cell(comparison, 'latencyMs.p99')).toMatchObject({
      method: 'paired',
      thresholdRatio: 0.03,
      sliceCount: null,
    });
    expect(cell(comparison, 'hostIoCount')).toMatchObject({ method: 'exact', sliceCount: null, verdict: 'same' });
    expect(comparison.thresholdRatio).toBe(0.03);
    expect(compareSchema.parse(comparison)).toEqual(comparison);
    const text = renderComparison(comparison, metrics, undefined);
    expect(text).toContain('iops: IOPS, measured in slices that took turns, more is better');
    expect(text).toContain('noise threshold 1 % or 3 %');
  });

  test('a threshold that is given holds for every method', () => {
    const journals = [base, slower].map((iops, index) =>
      sliced({ cells: [{ configuration: small, iops }] }, `${index}.ndjson`, session),
    );
    const [left, right] = journals;
    if (!left || !right) throw new Error('two journals');
    const comparison = buildComparison(left, right, { metrics, confidence: 0.95, thresholdRatio: 0.2 });
    expect(new Set(comparison.cells.map((entry) => entry.thresholdRatio))).toEqual(new Set([0.2, 0]));
    expect(cell(comparison, 'iops').verdict).toBe('same');
  });

  test('of other sessions, or with other numbers of slices, are paired by whole trials', () => {
    const others = compare(base, slower, session, (block) => `t${block}`);
    expect(cell(others, 'iops')).toMatchObject({ method: 'paired', thresholdRatio: 0.03, sliceCount: null });
  });

  test('are what counts where some did not, and those are said to be left out', () => {
    const comparison = compare(base, slower, session, (block) => (block < 5 ? session(block) : undefined));
    const iops = cell(comparison, 'iops');
    expect(iops).toMatchObject({ method: 'interleaved', pairCount: 5, verdict: 'worse' });
    expect(iops.warnings.map((warning) => warning.message)).toEqual([
      '3 blocks left out: their slices did not take turns; 5 whose slices did are compared',
    ]);
    const few = compare(base, slower, session, (block) => (block < 2 ? session(block) : undefined));
    expect(cell(few, 'iops')).toMatchObject({ method: 'paired', pairCount: 8 });
  });

  test('too few of them are inconclusive, with the blocks that are needed', () => {
    const two = compare(base.slice(0, 2), slower.slice(0, 2), session);
    expect(cell(two, 'iops')).toMatchObject({ method: 'interleaved', verdict: 'inconclusive', neededPairCount: 3 });
    expect(cell(two, 'iops').reason).toContain('2 blocks');
    const noisy = compare([1000, 1100, 950, 1030], [990, 1030, 980, 1010], session);
    const { neededPairCount, reason } = cell(noisy, 'iops');
    expect(neededPairCount).toBeGreaterThan(4);
    expect(reason).toContain(`${(neededPairCount ?? 0) - 4} more`);
  });

  test('equal in every slice prove nothing of the noise, and give no NaN', () => {
    const same = compare(base, base, session);
    expect(cell(same, 'iops').verdict).toBe('inconclusive');
    expect(JSON.stringify(same)).not.toContain('null,null,null,null');
  });
});

describe('many comparisons', () => {
  const many = (count: number, head: (index: number) => readonly number[], errorRate?: number): Comparison => {
    const cells = (iops: (index: number) => readonly number[]): JournalPlan => ({
      cells: Array.from({ length: count }, (_, index) => ({
        workload: `w${index}`,
        configuration: small,
        iops: iops(index),
      })),
    });
    return buildComparison(
      journalInMemory(cells((index) => around(1000, 10, 0.3, index))),
      journalInMemory({ ...cells(head), startMs: Date.UTC(2026, 0, 3) }),
      { metrics: selectMetrics(['iops']), confidence: 0.95, ...(errorRate === undefined ? {} : { errorRate }) },
    );
  };
  const loss = (index: number): readonly number[] => around(index === 0 ? 850 : 1000, 10, 0.3, index + 3);

  test('need more evidence each: what would be a loss alone is inconclusive among many, and it is said why', () => {
    expect(many(1, loss).cells[0]?.verdict).toBe('worse');
    const [first] = many(40, loss).cells;
    expect(first).toMatchObject({ verdict: 'inconclusive', pairCount: 10 });
    expect(first?.neededPairCount).toBeGreaterThan(10);
    expect(first?.reason).toContain('one of 40 comparisons too often for 1 %');
    expect(many(40, loss, 0.1).cells[0]?.verdict).toBe('worse');
  });

  test('and so do repeated looks', () => {
    const stopping = { looks: [6, 8, 10] };
    const journal = (iops: number, shift: number): Journal =>
      journalInMemory({ cells: [{ configuration: small, iops: around(iops, 9, 0.3, shift) }], plan: { stopping } });
    const options = { metrics: selectMetrics(['iops']), confidence: 0.95, errorRate: 0.0006 };
    const looked = buildComparison(journal(1000, 0), journal(850, 3), options);
    const { plan, ...header } = journal(1000, 0).header;
    const { stopping: _, ...once } = plan;
    const fixed = (source: Journal): Journal => ({ ...source, header: { ...header, plan: once } });
    expect(buildComparison(fixed(journal(1000, 0)), fixed(journal(850, 3)), options).cells[0]?.verdict).toBe('worse');
    expect(looked.cells[0]?.verdict).toBe('inconclusive');
  });
});

test('trials that were disturbed count once, with their last figures, and are counted', () => {
  const disturbance = { disturbed: true, stealMs: 300, waitMs: 0, otherIoBytes: 0, throttledMs: 0 };
  const journal = journalInMemory({ cells: [{ configuration: small, iops: base }] });
  const [first, ...rest] = journal.trials;
  if (first?.state !== 'completed') throw new Error('completed');
  const trials = [{ ...first, disturbance, metrics: { ...first.metrics, iops: 1 } }, ...rest, first];
  const comparison = buildComparison(
    { ...journal, trials },
    journalInMemory({ cells: [{ configuration: small, iops: base }] }),
    {
      metrics,
      confidence: 0.95,
    },
  );
  expect(comparison.disturbedTrialCount).toEqual({ base: 1, head: 0 });
  expect(cell(comparison, 'iops')).toMatchObject({ ratio: 1, pairCount: 8 });
  expect(renderComparison(comparison, metrics, undefined)).toContain('Trials disturbed from outside: 1 in base.');
});
