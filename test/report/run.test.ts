import { expect, test } from 'vitest';
import { buildPlanReport, type RunResultReport, renderPlan, renderResults } from '../../src/report/run.ts';
import { summarizeCells } from '../../src/report/run-summary.ts';
import { journalRecordSchema } from '../../src/report/schemas/journal.ts';
import { runSchema } from '../../src/report/schemas/run.ts';
import { estimatePlan } from '../../src/trial/estimate.ts';
import { buildPlan } from '../../src/trial/plan.ts';
import type { TrialRecord } from '../../src/trial/record.ts';
import { scriptedConfigurations, scriptedWorkload } from '../helpers/scripted-engine.ts';
import { completedTrial, sampleEnvironment, sampleHeader, sampleMetrics } from '../helpers/trials.ts';

const gib = 1024 ** 3;
const plan = buildPlan({
  workloads: [
    scriptedWorkload('reads', { image: { content: 'mapped', backing: 'none', state: 'shared' }, diskBytes: 20 * gib }),
    scriptedWorkload('writes', { warmUpCount: 2 }),
  ],
  configurations: scriptedConfigurations(0, 131_072),
  repetitions: 2,
  seed: 1,
  engine: 'qemu-io',
});
const estimate = estimatePlan(plan, { traceHostIo: true });

function planReport(freeBytes: number, problem?: string) {
  return buildPlanReport(plan, estimate, { journal: 'qtune-abcd.ndjson', freeBytes, problem });
}

test('the plan of a dry run reads as it did', async () => {
  await expect(renderPlan(planReport(100 * gib))).toMatchFileSnapshot('../golden/run-plan.stdout');
});

test('a plan that does not fit says so in its place', () => {
  const text = renderPlan(planReport(1 * gib, 'the images need more'));
  expect(text).toContain('at a time; the images need more\n');
  expect(text).not.toContain('enough');
});

function trial(workload: string, label: string, repetition: number, iops: number): TrialRecord {
  return completedTrial({
    id: `${workload}${label}${repetition}`,
    workload,
    configuration: { label, create: {}, drive: {} },
    repetition,
    block: repetition,
    metrics: sampleMetrics(iops, { allocatedBytes: 3 * 2 ** 20, spaceAmplificationRatio: 1.5 }),
  });
}

const failed: TrialRecord = {
  ...trial('writes', 'default', 0, 1),
  ...{ metrics: undefined, cpus: undefined, command: undefined, warnings: undefined },
  state: 'failed',
  reason: 'qemu-io: No space left on device',
};
const trials = [
  failed,
  { ...failed, id: 'other', repetition: 1, block: 1 },
  trial('writes', 'cluster_size=128K', 0, 400),
  trial('reads', 'cluster_size=128K', 1, 20_000),
  trial('reads', 'default', 0, 5000),
  trial('reads', 'default', 1, 7000),
  trial('reads', 'cluster_size=128K', 0, 21_000),
];

function resultReport(): RunResultReport {
  return {
    schema: 'qtune.run/1',
    kind: 'result',
    plan: plan.summary,
    journal: 'run.ndjson',
    completedCount: 5,
    alreadyCompletedCount: 2,
    failedCount: 2,
    cells: summarizeCells(trials, {
      workloads: ['reads', 'writes'],
      configurations: ['default', 'cluster_size=128K'],
    }),
    failures: trials.flatMap((one) =>
      one.state === 'completed'
        ? []
        : [
            {
              id: one.id,
              workload: one.workload,
              configuration: one.configuration.label,
              repetition: one.repetition,
              state: one.state,
              reason: one.reason,
            },
          ],
    ),
    warnings: [{ code: 'x', subject: 'reads', message: 'the host was busy.', hint: 'Wait.' }],
  };
}

test('the closing summary reads as it did', async () => {
  await expect(renderResults([resultReport()])).toMatchFileSnapshot('../golden/run-result.stdout');
});

test('cells come in the order of the plan, with the median of their repetitions', () => {
  const { cells } = resultReport();
  expect(cells.map((cell) => `${cell.workload} ${cell.configuration.label}`)).toEqual([
    'reads default',
    'reads cluster_size=128K',
    'writes default',
    'writes cluster_size=128K',
  ]);
  expect(cells[0]).toMatchObject({ completedCount: 2, iops: { median: 6000, low: 5000, high: 7000 } });
  expect(cells[2]).toMatchObject({ completedCount: 0, failedCount: 2 });
  expect(cells[2]).not.toHaveProperty('iops');
});

test('what --json prints and what the journal holds are as their schemas say', () => {
  for (const document of [planReport(5), planReport(5, 'no'), resultReport()]) {
    const plain: unknown = JSON.parse(JSON.stringify(document));
    expect(runSchema.parse(plain)).toEqual(plain);
  }
  const { engine } = sampleHeader();
  const records = [
    sampleHeader({ plan: plan.summary }),
    ...trials,
    { type: 'resume', resumedAt: '2026-01-02T03:04:05.678Z', environment: sampleEnvironment, engine },
  ];
  for (const record of records) {
    const plain: unknown = JSON.parse(JSON.stringify(record));
    expect(journalRecordSchema.parse(plain)).toEqual(plain);
  }
});
