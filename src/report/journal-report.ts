import type { EngineDescription } from '../engine/engine.ts';
import { compareExactly, comparePaired } from '../stats/paired-comparison.ts';
import { summarize } from '../stats/summary.ts';
import { defaultConfidence, defaultThresholdRatio } from '../stats/verdict.ts';
import type { Journal } from '../trial/journal-reader.ts';
import type { HeaderRecord, PlanSummary } from '../trial/record.ts';
import type { Warning } from '../warnings.ts';
import { buildCells, type Cell, type CompletedTrial, pairTrials } from './cell.ts';
import { buildCurves, type Curve } from './curves.ts';
import { identify, type JournalIdentity } from './journal-identity.ts';
import type { Figure, JournalReportRow, RelativeFigure } from './journal-report-row.ts';
import { hostIoCount, hostIoKinds } from './metric.ts';
import { besidePublished, type PublishedFigures } from './published-figures.ts';

export interface WorkloadReport {
  readonly name: string;
  readonly title: string;
  readonly source: string;
  readonly diskBytes: number;
  readonly seed: number;
  readonly requestCount: number;
  readonly warmUpCount: number;
  readonly rows: readonly JournalReportRow[];
  readonly published: PublishedFigures | null;
  readonly curves: readonly Curve[];
}

export interface IncompleteReport {
  readonly id: string;
  readonly workload: string;
  readonly configuration: string;
  readonly repetition: number;
  readonly state: 'failed' | 'timed-out' | 'aborted' | 'skipped';
  readonly reason: string;
}

export interface JournalReport {
  readonly journal: JournalIdentity;
  readonly environment: HeaderRecord['environment'];
  readonly engine: EngineDescription;
  readonly backing: string | null;
  readonly repetitions: number;
  readonly resumedAt: readonly string[];
  readonly workloads: readonly WorkloadReport[];
  readonly incomplete: readonly IncompleteReport[];
  /** Trials of the plan of which the journal says nothing: the run was stopped, or still goes on. */
  readonly missingCount: number;
  readonly warnings: readonly (Warning & { readonly trialCount: number })[];
}

/** The document of `report --json`. */
export interface Report {
  readonly schema: 'qtune.report/1';
  readonly confidence: number;
  readonly journals: readonly JournalReport[];
}

/** Summarises journals, each by itself. */
export function buildReport(journals: readonly Journal[]): Report {
  return { schema: 'qtune.report/1', confidence: defaultConfidence, journals: journals.map(reportJournal) };
}

function reportJournal(journal: Journal): JournalReport {
  const { header, trials, resumes } = journal;
  const cells = buildCells(journal);
  const names = [...new Set(cells.map((cell) => cell.workload))];
  return {
    journal: identify(journal, {
      recordedCount: trials.length,
      completedCount: trials.filter((trial) => trial.state === 'completed').length,
    }),
    environment: header.environment,
    engine: header.engine,
    backing: header.plan.backing ?? null,
    repetitions: header.plan.repetitions,
    resumedAt: resumes.map((resume) => resume.resumedAt),
    workloads: names.map((name) =>
      reportWorkload(
        name,
        header.plan.workloads.find((workload) => workload.name === name),
        cells.filter((cell) => cell.workload === name),
      ),
    ),
    incomplete: trials.flatMap((trial) =>
      trial.state === 'completed'
        ? []
        : [
            {
              id: trial.id,
              workload: trial.workload,
              configuration: trial.configuration.label,
              repetition: trial.repetition,
              state: trial.state,
              reason: trial.reason,
            },
          ],
    ),
    missingCount: Math.max(0, header.plan.trialCount - trials.length),
    warnings: collectWarnings(journal),
  };
}

function reportWorkload(
  name: string,
  plan: PlanSummary['workloads'][number] | undefined,
  cells: readonly Cell[],
): WorkloadReport {
  const isDefault = ({ configuration }: Cell): boolean =>
    Object.keys(configuration.create).length === 0 && Object.keys(configuration.drive).length === 0;
  const measured = cells.filter((cell) => cell.completed.length > 0);
  const baseline = measured.find(isDefault) ?? measured[0];
  const rows = cells.map((cell) => reportCell(cell, baseline, plan?.requestCount));
  return {
    name,
    title: plan?.title ?? '',
    source: plan?.source ?? '',
    diskBytes: plan?.diskBytes ?? 0,
    seed: plan?.seed ?? 0,
    requestCount: plan?.requestCount ?? 0,
    warmUpCount: plan?.warmUpCount ?? 0,
    rows,
    published: besidePublished(plan?.published, rows) ?? null,
    curves: buildCurves(rows),
  };
}

function reportCell(cell: Cell, baseline: Cell | undefined, requestCount: number | undefined): JournalReportRow {
  const figure = (read: (trial: CompletedTrial) => number | undefined): Figure | null => {
    const values = cell.completed.map((trial) => read(trial) ?? Number.NaN);
    const summary = summarize(values, { confidence: defaultConfidence });
    if (summary === undefined) return null;
    const { median, low, high, sufficient } = summary;
    return { median, low, high, sufficient };
  };
  return {
    configuration: cell.configuration,
    engine: cell.engine,
    source: cell.engine === 'simulated' ? 'predicted' : 'measured',
    count: cell.completed.length,
    incompleteCount: cell.incomplete.length,
    isBaseline: cell === baseline,
    iops: predictedIops(cell) ?? figure((trial) => trial.metrics.iops),
    relativeIops: baseline && cell !== baseline && cell.engine === baseline.engine ? relativeTo(baseline, cell) : null,
    latencyP50Ms: figure((trial) => trial.metrics.latencyMs.p50),
    latencyP99Ms: figure((trial) => trial.metrics.latencyMs.p99),
    fileBytes: figure((trial) => trial.metrics.fileBytes),
    allocatedBytes: figure((trial) => trial.metrics.allocatedBytes),
    spaceAmplificationRatio: figure((trial) => trial.metrics.spaceAmplificationRatio),
    guestSeekBytes: figure((trial) => trial.metrics.guestSeekBytes),
    hostSeekBytes: figure((trial) => trial.metrics.hostSeekBytes),
    hostIoPerRequest: hostIoPerRequest(cell.completed, requestCount),
  };
}

/** A prediction brings its own interval; its repetitions are all the same. */
function predictedIops({ completed: [first] }: Cell): Figure | undefined {
  const interval = first?.metrics.iopsInterval;
  return first && interval && { median: first.metrics.iops, ...interval, sufficient: true };
}

function relativeTo(baseline: Cell, cell: Cell): RelativeFigure | null {
  const better = 'higher';
  const thresholdRatio = defaultThresholdRatio;
  const iops = (of: Cell): readonly number[] => of.completed.map((trial) => trial.metrics.iops);
  const { ratio, low, high, verdict } =
    cell.engine === 'simulated'
      ? compareExactly(iops(baseline), iops(cell), { better, thresholdRatio })
      : comparePaired(
          pairTrials(baseline.completed, cell.completed).map(([base, head]) => [base.metrics.iops, head.metrics.iops]),
          { better, thresholdRatio, confidence: defaultConfidence, seed: 1 },
        );
  return ratio === null || low === null || high === null ? null : { ratio, low, high, verdict };
}

/** Counts are exact, so the first trial that has them speaks for all. */
function hostIoPerRequest(
  trials: readonly CompletedTrial[],
  requestCount: number | undefined,
): JournalReportRow['hostIoPerRequest'] {
  const metrics = trials.find((trial) => trial.metrics.hostIo !== undefined)?.metrics;
  const requests = requestCount || metrics?.requestCount;
  if (!metrics || !requests) return null;
  const shares = hostIoKinds.flatMap((kind) => {
    const count = hostIoCount(metrics.hostIo, kind);
    return count > 0 ? [[kind, count / requests] as const] : [];
  });
  return Object.fromEntries(shares);
}

/** The journal's own caveats and those of its trials, equal ones once, with the number of trials that have them. */
function collectWarnings(journal: Journal): JournalReport['warnings'] {
  const counts = new Map<string, Warning & { trialCount: number }>();
  for (const trial of journal.trials) {
    if (trial.state !== 'completed') continue;
    for (const warning of trial.warnings) {
      const key = JSON.stringify([warning.code, warning.message]);
      const known = counts.get(key);
      if (known) known.trialCount += 1;
      else counts.set(key, { ...warning, trialCount: 1 });
    }
  }
  return [...journal.warnings.map((warning) => ({ ...warning, trialCount: 0 })), ...counts.values()];
}
