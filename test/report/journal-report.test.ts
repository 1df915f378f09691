import { describe, expect, test } from 'vitest';
import { buildReport, type JournalReport } from '../../src/report/journal-report.ts';
import { renderReport } from '../../src/report/journal-report-text.ts';
import { reportSchema } from '../../src/report/schemas/report.ts';
import { expectGolden } from '../helpers/golden.ts';
import { around, configuration, type JournalPlan, journalInMemory } from '../helpers/journal.ts';
import { completedTrial, sampleEnvironment, sampleHeader } from '../helpers/trials.ts';

const mebi = 1_048_576;
const published = {
  source: 'A talk, 2017',
  metric: 'iops',
  vary: ['l2-cache-size'],
  note: 'on an SSD',
  rows: [
    { drive: 'l2-cache-size=1M', value: 5100 },
    { drive: 'l2-cache-size=1.5M', value: 7300 },
    { drive: 'l2-cache-size=2M', value: 12_700 },
    { drive: 'l2-cache-size=2.5M', value: 63_600 },
    { drive: 'l2-cache-size=3M', value: 64_000 },
  ],
};

/** IOPS rise with the cache as they do where it begins to cover the disk. */
const speeds = [
  [mebi, 21_000],
  [1.5 * mebi, 28_000],
  [2 * mebi, 45_000],
  [2.5 * mebi, 161_000],
] as const;

function cacheRun(entrySizes: readonly (number | undefined)[]): JournalPlan {
  return {
    cells: entrySizes.flatMap((entry, line) =>
      speeds.map(([size, speed], index) => ({
        configuration: configuration({
          'l2-cache-size': size,
          ...(entry === undefined ? {} : { 'l2-cache-entry-size': entry }),
        }),
        iops: around(speed / (1 + line), 10, 0.02, index + line),
      })),
    ),
    workload: { published },
  };
}

const clusterRun: JournalPlan = {
  cells: [false, true].flatMap((extended) =>
    [16, 64, 2048].map((kibi, index) => ({
      workload: 'growth',
      configuration: configuration({}, { cluster_size: kibi * 1024, extended_l2: extended }),
      iops: around(3000 / (index + 1), 6, 0.01, index),
      metrics: {
        spaceAmplificationRatio: extended ? 1.1 : kibi / 4,
        allocatedBytes: 104_857_600,
        hostIo: { dataWrite: 20_000, l2Write: 500, refcountWrite: 20, l1Write: 3, zero: 7, sync: 40, otherWrite: 1 },
      },
    })),
  ),
};

function only(plan: JournalPlan): JournalReport {
  const [report] = buildReport([journalInMemory(plan)]).journals;
  if (!report) throw new Error('no report');
  return report;
}

test.each([
  ['report-cache', cacheRun([undefined])],
  ['report-two-settings', cacheRun([65_536, 4096])],
  ['report-clusters', clusterRun],
])('%s is rendered as in its golden file, within 100 columns, and fits the schema', (name, plan) => {
  const report = buildReport([journalInMemory(plan)]);
  expectGolden(`${name}.stdout`, renderReport(report));
  for (const line of renderReport(report).split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  expect(reportSchema.parse(report)).toEqual(report);
});

describe('a row', () => {
  test('is a multiple of the baseline, which is QEMU’s defaults where they were measured', () => {
    const slow = { configuration: configuration({ 'l2-cache-size': mebi }), iops: around(500, 6) };
    const rows = only({ cells: [slow, { configuration: configuration(), iops: around(1000, 6, 0.01, 3) }] })
      .workloads[0]?.rows;
    expect(rows?.map((row) => row.isBaseline)).toEqual([false, true]);
    expect(rows?.[0]?.relativeIops?.ratio).toBeCloseTo(0.5, 1);
    expect(rows?.[1]?.relativeIops).toBeNull();
  });

  test('has host I/O per guest request, warm-up included on both sides', () => {
    const plan: JournalPlan = {
      cells: [{ iops: [1], metrics: { requestCount: 100, hostIo: { dataRead: 150, l2Read: 75 } } }],
      workload: { requestCount: 150 },
    };
    expect(only(plan).workloads[0]?.rows[0]?.hostIoPerRequest).toEqual({ dataRead: 1, l2Read: 0.5 });
  });

  test('of a cell without a completed trial has no figures', () => {
    const { metrics: _, warnings: __, command: ___, cpus: ____, ...trial } = completedTrial();
    const report = only({ cells: [], trials: [{ ...trial, state: 'failed', reason: 'qemu-io said no' }] });
    expect(report.workloads[0]?.rows[0]).toMatchObject({
      count: 0,
      incompleteCount: 1,
      iops: null,
      relativeIops: null,
    });
    const text = renderReport({ schema: 'qtune.report/1', confidence: 0.95, journals: [report] });
    expect(text).toContain('failed: l2-cache-20g/l2-cache-size=1M, repetition 0: qemu-io said no');
    expect(text).not.toContain('NaN');
  });

  test('of too few trials says that its spread is a range', () => {
    const report = buildReport([journalInMemory({ cells: [{ iops: [1000, 1100] }] })]);
    expect(report.journals[0]?.workloads[0]?.rows[0]?.iops?.sufficient).toBe(false);
    expect(renderReport(report)).toContain('too few trials for an interval of 95 %');
  });
});

describe('published figures', () => {
  test('stand beside the measured ones with each side’s ratio to the same row', () => {
    const figures = only(cacheRun([undefined])).workloads[0]?.published;
    expect(figures?.rows.map((row) => row.configuration)).toEqual([
      'l2-cache-size=1048576',
      'l2-cache-size=1572864',
      'l2-cache-size=2097152',
      'l2-cache-size=2621440',
      null,
    ]);
    expect(figures?.rows[3]?.publishedRatio).toBeCloseTo(63_600 / 5100, 12);
    expect(figures?.rows[3]?.ratio).toBeCloseTo(161 / 21, 0);
    expect(figures?.rows[4]).toMatchObject({ value: null, ratio: null });
  });

  test('match a configuration that leaves a setting at the default which the row names', () => {
    const rows = [{ create: 'cluster_size=64K,extended_l2=off', value: 5 }];
    const plan = {
      cells: [{ configuration: configuration(), iops: [10] }],
      workload: { published: { ...published, rows } },
    };
    expect(only(plan).workloads[0]?.published?.rows[0]).toMatchObject({ configuration: 'default', value: 10 });
  });

  test.each([
    ['text', 'x'],
    ['rows that are no rows', { ...published, rows: [3] }],
    ['a value that is none', { ...published, rows: [{ drive: 'l2-cache-size=1M', value: -1 }] }],
    ['another metric', { ...published, metric: 'speed' }],
    ['no rows', { ...published, rows: [] }],
  ])('that are %s are left out', (_, raw) => {
    expect(only({ ...cacheRun([undefined]), workload: { published: raw } }).workloads[0]?.published).toBeNull();
  });

  test('with settings that cannot be read match nothing', () => {
    const raw = { ...published, rows: [{ drive: 'no-such-option=1', value: 1 }] };
    const figures = only({ ...cacheRun([undefined]), workload: { published: raw } }).workloads[0]?.published;
    expect(figures?.rows[0]?.configuration).toBeNull();
  });
});

describe('curves', () => {
  test('are drawn for cache sizes with a line for each value of the other setting', () => {
    const [curve] = only(cacheRun([65_536, 4096])).workloads[0]?.curves ?? [];
    expect(curve?.settingBytes).toEqual(speeds.map(([size]) => size));
    expect(curve?.series.map((series) => series.name)).toEqual(['l2-cache-entry-size=64K', 'l2-cache-entry-size=4K']);
  });

  test('show space over cluster size, with a gap where nothing was measured', () => {
    const cells = clusterRun.cells.slice(0, 5);
    const space = only({ cells }).workloads[0]?.curves.find((curve) => curve.metric === 'spaceAmplificationRatio');
    expect(space?.series).toEqual([
      { name: 'extended_l2=off', values: [4, 16, 512] },
      { name: 'extended_l2=on', values: [1.1, 1.1, null] },
    ]);
    expect(renderReport(buildReport([journalInMemory({ cells })]))).toContain('Space amplification over cluster_size');
  });

  test('are none where nothing with a size differs', () => {
    expect(only({ cells: [{ iops: [1] }] }).workloads[0]?.curves).toEqual([]);
  });
});

test('a stopped, resumed run says so, and what it has not run', () => {
  const { engine } = sampleHeader();
  const resume = {
    type: 'resume',
    resumedAt: '2026-02-03T00:00:00.000Z',
    environment: sampleEnvironment,
    engine,
  } as const;
  const report = buildReport([
    journalInMemory({ cells: [{ iops: [1, 2] }], resumes: [resume], plan: { trialCount: 5 } }),
  ]);
  expect(report.journals[0]).toMatchObject({ missingCount: 3, resumedAt: [resume.resumedAt] });
  expect(renderReport(report)).toContain('resumed  1 time: 2026-02-03');
  expect(renderReport(report)).toContain('3 planned trials have not been run');
});

test('warnings of trials are told once, with their number', () => {
  const warning = { code: 'slow-clock', subject: 'a trial', message: 'the clock is coarse' };
  const trials = ['a', 'b'].map((id) => completedTrial({ id, warnings: [warning] }));
  expect(renderReport(buildReport([journalInMemory({ cells: [], trials })]))).toContain(
    '* 2 trials: the clock is coarse',
  );
});
