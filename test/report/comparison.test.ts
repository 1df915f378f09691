import { describe, expect, test } from 'vitest';
import { buildComparison, type ComparedCell, type Comparison } from '../../src/report/comparison.ts';
import { renderComparison } from '../../src/report/comparison-table.ts';
import { applyGate } from '../../src/report/gate.ts';
import { selectMetrics } from '../../src/report/metric.ts';
import { compareSchema } from '../../src/report/schemas/compare.ts';
import { expectGolden } from '../helpers/golden.ts';
import { around, configuration, type JournalPlan, journalInMemory } from '../helpers/journal.ts';
import { completedTrial, sampleEnvironment, sampleHeader } from '../helpers/trials.ts';

const metrics = selectMetrics([]);
const options = { metrics, confidence: 0.95, thresholdRatio: 0.03 };
const small = configuration({ 'l2-cache-size': '1M' });
const large = configuration({ 'l2-cache-size': '4M', 'l2-cache-entry-size': '4K' });
const later = Date.UTC(2026, 0, 3);

function compare(base: JournalPlan, head: JournalPlan): Comparison {
  return buildComparison(
    journalInMemory(base, 'base.ndjson'),
    journalInMemory({ startMs: later, ...head }, 'head.ndjson'),
    options,
  );
}

function cell(comparison: Comparison, metric: string): ComparedCell {
  const found = comparison.cells.find((entry) => entry.metric === metric);
  if (!found) throw new Error(`no ${metric}`);
  return found;
}

function plain(iops: readonly number[]): JournalPlan {
  return { cells: [{ configuration: small, iops }] };
}

test('a comparison reads as one table a metric, with footnotes, what was left out and a verdict', () => {
  const base: JournalPlan = {
    cells: [
      { configuration: small, iops: around(5100, 12) },
      { configuration: large, iops: around(63_600, 12) },
      { configuration: configuration({ 'l2-cache-size': '2M' }), iops: around(12_700, 3) },
      { workload: 'boot', configuration: small, iops: around(900, 12) },
      { workload: 'boot', configuration: large, iops: around(900, 12) },
    ],
  };
  const head: JournalPlan = {
    cells: [
      { configuration: small, iops: around(5100, 12, 0.01, 20) },
      {
        configuration: large,
        iops: around(47_700, 12, 0.01, 20),
        metrics: { hostIo: { dataRead: 20_000, l2Read: 30_000 } },
      },
      { configuration: configuration({ 'l2-cache-size': '2M' }), iops: around(12_700, 3, 0.01, 20) },
      {
        workload: 'boot',
        configuration: small,
        iops: around(940, 12, 0.2, 20),
        metrics: { allocatedBytes: 1_310_720 },
      },
    ],
  };
  const comparison = compare(base, head);
  const text = renderComparison(comparison, metrics, applyGate(comparison, 0.05));
  expectGolden('compare.stdout', text);
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  expect(compareSchema.parse(comparison)).toEqual(comparison);
});

describe('cells', () => {
  test('are named by workload and configuration, and paired by block', () => {
    const comparison = compare(plain(around(1000, 10)), plain([...around(900, 8, 0.01, 3)]));
    expect(cell(comparison, 'iops')).toMatchObject({
      cell: 'l2-cache-20g/l2-cache-size=1M',
      baseCount: 10,
      headCount: 8,
      pairCount: 8,
      method: 'paired',
    });
  });

  test('whose labels are all different are matched by workload where that is unambiguous, and it is said', () => {
    const head = { cells: [{ configuration: large, iops: around(1200, 10, 0.01, 5) }] };
    const comparison = compare(plain(around(1000, 10)), head);
    expect(comparison.cells[0]?.cell).toBe('l2-cache-20g/l2-cache-size=1M → l2-cache-size=4M l2-cache-entry-size=4K');
    expect(comparison.verdict).not.toBe('same');
    expect(comparison.warnings.map((warning) => warning.code)).toContain('matched-by-workload');
  });

  test('that nothing matches are refused with what each side has', () => {
    const ambiguous = {
      cells: [
        { configuration: large, iops: [1, 2] },
        { configuration: configuration(), iops: [1, 2] },
      ],
    };
    expect(() => compare(plain([1, 2]), ambiguous)).toThrow('head.ndjson: no cell of the baseline');
    expect(() => compare(plain([1, 2]), { cells: [{ workload: 'boot', iops: [1] }] })).toThrow('no cell');
    expect(() => compare(plain([1, 2]), { cells: [] })).toThrow('no cell');
  });

  test('that only base has make the whole inconclusive; those that only head has do not', () => {
    const both = { configuration: small, iops: around(1000, 10) };
    const extra = { configuration: large, iops: around(1000, 10) };
    const missing = compare({ cells: [both, extra] }, { cells: [both] });
    expect(missing.verdict).toBe('inconclusive');
    expect(missing.unmatched).toMatchObject([{ side: 'base', state: 'missing' }]);
    const added = compare({ cells: [both] }, { cells: [both, extra] });
    expect(added.verdict).toBe('same');
    expect(added.unmatched).toMatchObject([{ side: 'head', state: 'missing' }]);
  });

  test('of which head completed nothing are not compared, and fail the gate', () => {
    const both = { configuration: small, iops: around(1000, 10) };
    const { metrics: _, warnings: __, command: ___, cpus: ____, ...trial } = completedTrial();
    const failed = { ...trial, configuration: large, state: 'timed-out', reason: 'no answer in 60 s' } as const;
    const comparison = compare(
      { cells: [both, { configuration: large, iops: around(1000, 10) }] },
      { cells: [both], trials: [failed, { ...failed, id: 'another' }] },
    );
    expect(comparison.unmatched).toMatchObject([
      { side: 'base', state: 'not-completed', reason: 'head completed no trial of it: 2 timed-out' },
    ]);
    expect(comparison.verdict).toBe('inconclusive');
    expect(applyGate(comparison, 0.05)).toMatchObject({ passed: false, failures: [{ metric: null, lossRatio: null }] });
  });

  test('of the same label but other settings carry a warning', () => {
    const other = { label: small.label, create: {}, drive: { 'l2-cache-size': '3M' } };
    const comparison = compare(plain(around(1000, 10)), { cells: [{ configuration: other, iops: around(1000, 10) }] });
    expect(comparison.cells[0]?.warnings.map((warning) => warning.code)).toContain('other-settings');
  });
});

describe('figures that cannot be compared are inconclusive, with the reason', () => {
  const header = (environment: object): NonNullable<JournalPlan['header']> => ({
    environment: { ...sampleEnvironment, fingerprint: 'another', ...environment },
  });

  test('timed ones of different hosts; counts of host I/O stay comparable', () => {
    const head = { ...plain(around(500, 10)), header: header({ cpuModel: 'Another CPU' }) };
    const comparison = compare(plain(around(1000, 10)), head);
    expect(cell(comparison, 'iops')).toMatchObject({ verdict: 'inconclusive', sufficient: false });
    expect(cell(comparison, 'iops').reason).toContain('"An example CPU" and "Another CPU"');
    expect(cell(comparison, 'hostIoCount').verdict).toBe('same');
    expect(cell(comparison, 'allocatedBytes').verdict).toBe('same');
    expect(comparison.verdict).toBe('inconclusive');
    expect(applyGate(comparison, 0.05)).toMatchObject({ passed: false, failures: [], obstacles: [{ metric: null }] });
  });

  test('space too where the file systems differ or nobody can tell what does', () => {
    for (const environment of [{ fileSystem: 'xfs' }, {}]) {
      const comparison = compare(plain(around(1000, 10)), { ...plain(around(1000, 10)), header: header(environment) });
      expect(cell(comparison, 'allocatedBytes').verdict).toBe('inconclusive');
    }
  });

  test('but another QEMU on the same host is what is compared', () => {
    const head = { ...plain(around(500, 10)), header: header({ qemu: 'qemu-img version 10.0.2' }) };
    const comparison = compare(plain(around(1000, 10)), head);
    expect(cell(comparison, 'iops').verdict).toBe('worse');
    expect(comparison.warnings.find((warning) => warning.code === 'other-qemu')?.message).toContain('10.0.2');
  });

  test('those of a run that was resumed elsewhere', () => {
    const environment = { ...sampleEnvironment, kernel: 'Linux 6.2.0', fingerprint: 'another' };
    const { engine } = sampleHeader();
    const resumes = [{ type: 'resume', resumedAt: '2026-01-02T04:00:00.000Z', environment, engine } as const];
    const comparison = compare(plain(around(1000, 10)), { ...plain(around(500, 10)), resumes });
    expect(cell(comparison, 'iops').reason).toContain('head was resumed on another host');
  });

  test('those of a workload that changed under its name', () => {
    const changed = (hash: string, requestCount: number): JournalPlan => ({
      ...plain(around(1000, 10)),
      workload: { hash, requestCount },
    });
    const comparison = compare(changed('one', 100), changed('two', 200));
    expect(new Set(comparison.cells.map((entry) => entry.verdict))).toEqual(new Set(['inconclusive']));
    expect(cell(comparison, 'hostIoCount').reason).toContain('requestCount 100 and 200');
  });
});

describe('a caveat is printed', () => {
  const codes = (comparison: Comparison): readonly string[] => comparison.warnings.map((warning) => warning.code);

  test('where the runs did not alternate, and not where they did', () => {
    const base = plain(around(1000, 10));
    expect(codes(compare(base, plain(around(1001, 10, 0.01, 4))))).toContain('not-interleaved');
    const together = compare(base, {
      ...plain(around(1001, 10, 0.01, 4)),
      startMs: Date.UTC(2026, 0, 2, 3, 4, 5) + 500,
    });
    expect(codes(together)).not.toContain('not-interleaved');
  });

  test('where a journal is compared with itself', () => {
    const journal = journalInMemory(plain(around(1000, 10)));
    const comparison = buildComparison(journal, journal, options);
    expect(codes(comparison)).toEqual(['same-run']);
    expect(comparison.verdict).toBe('same');
  });

  test('where so many comparisons were made that one is off by chance', () => {
    const many: JournalPlan = {
      cells: Array.from({ length: 8 }, (_, index) => ({ workload: `w${index}`, iops: around(1000, 10, 0.01, index) })),
    };
    const comparison = compare(many, many);
    expect(comparison.multiplicity).toEqual({ comparisonCount: 24, expectedFalseAlarmCount: expect.closeTo(1.2) });
    expect(renderComparison(comparison, metrics, undefined)).toContain(
      'Of 24 noisy comparisons at 95 %, the intervals of about 1.2',
    );
    for (const { probability, adjustedProbability } of comparison.cells) {
      expect(adjustedProbability === null).toBe(probability === null);
      expect(adjustedProbability ?? 1).toBeGreaterThanOrEqual(probability ?? 0);
    }
  });
});

describe('the gate', () => {
  const base = plain(around(1000, 10));

  test.each([
    [0.94, false],
    [0.96, true],
    [1.2, true],
  ])('at 5 %% with IOPS at a ratio of %f: passed is %s', (ratio, passed) => {
    const comparison = compare(base, plain(around(1000 * ratio, 10, 0.01, 9)));
    expect(applyGate(comparison, 0.05).passed).toBe(passed);
  });

  test('takes a loss below the noise threshold where it is asked to', () => {
    const comparison = compare(base, plain(around(980, 10)));
    expect(cell(comparison, 'iops').verdict).toBe('same');
    expect(applyGate(comparison, 0.01).failures.map((failure) => failure.metric)).toContain('iops');
  });

  test('does not fail on a loss that may be noise', () => {
    const noisy = [600, 1050, 700, 1200, 900, 950, 600, 1100, 920, 1020];
    const comparison = compare(plain(around(1000, 10)), plain(noisy));
    expect(cell(comparison, 'iops').ratio).toBeLessThan(0.95);
    expect(applyGate(comparison, 0.05).passed).toBe(true);
  });

  test('neither fails nor passes on too few pairs', () => {
    const gate = applyGate(compare(plain(around(1000, 3)), plain(around(500, 3))), 0.05);
    expect(gate).toMatchObject({ passed: false, failures: [] });
    expect(gate.obstacles[0]?.reason).toContain('3 pairs');
  });

  test('fails on an exact count from one trial, from zero too', () => {
    const withReads = (l2Read: number): JournalPlan => ({
      cells: [{ configuration: small, iops: [1000], metrics: { hostIo: l2Read === 0 ? {} : { l2Read } } }],
    });
    expect(applyGate(compare(withReads(100), withReads(106)), 0.05).failures).toMatchObject([
      { metric: 'hostIoCount', lossRatio: expect.closeTo(0.06) },
    ]);
    expect(applyGate(compare(withReads(0), withReads(1)), 0.05).failures).toMatchObject([
      { metric: 'hostIoCount', lossRatio: null },
    ]);
  });
});

test('predictions are compared exactly, on whatever host they were made', () => {
  const simulated = (iops: number): JournalPlan => ({
    cells: [{ configuration: small, iops: [iops], engine: 'simulated' }],
    header: { environment: { ...sampleEnvironment, fingerprint: String(iops), kernel: String(iops) } },
  });
  const comparison = compare(simulated(1000), simulated(900));
  expect(cell(comparison, 'iops')).toMatchObject({
    verdict: 'worse',
    source: 'predicted',
    assume: 'exact',
    ratio: 0.9,
  });
});

test('names from a journal cannot steer the terminal', () => {
  const hostile = configuration();
  const plan: JournalPlan = {
    cells: [
      {
        workload: 'a\u001b[2Jb\nc',
        configuration: { ...hostile, label: `evil\u202e${'x'.repeat(5000)}` },
        iops: around(1000, 10),
      },
    ],
  };
  const text = renderComparison(compare(plan, plan), metrics, undefined);
  expect(text).toContain('a\\x1b[2Jb\\x0ac');
  expect(text).toContain('\\u{202e}');
  expect(text).not.toContain('\u001b');
  expect(text).not.toContain('\u202e');
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
});

test('only the metrics asked for are compared', () => {
  const journal = journalInMemory(plain(around(1000, 10)));
  const names = (wanted: readonly string[]): readonly string[] =>
    buildComparison(journal, journal, { ...options, metrics: selectMetrics(wanted) }).cells.map(
      (entry) => entry.metric,
    );
  expect(names(['iops'])).toEqual(['iops']);
  expect(names(['hostIo', 'hostIo.l2Read'])).toContain('hostIo.l2Read');
  expect(names(['hostIo', 'hostIo.l2Read']).filter((name) => name === 'hostIo.l2Read')).toHaveLength(1);
  expect(() => selectMetrics(['speed'])).toThrow('--metric: there is no metric "speed"');
});
