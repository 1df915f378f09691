import type { Verdict } from '../stats/verdict.ts';
import type { PlanEstimate } from '../trial/estimate.ts';
import type { Plan } from '../trial/plan.ts';
import type { PlannedTrial, PlanSummary, ShardPosition, TrialRecord } from '../trial/record.ts';
import { formatBytes } from '../units/bytes.ts';
import { formatDuration } from '../units/duration.ts';
import { formatCount } from '../units/rate.ts';
import type { Warning } from '../warnings.ts';
import { formatChange, formatChangeInterval } from './figures.ts';
import type { RunCell } from './run-summary.ts';
import { renderTable } from './table.ts';

/** What `qtune run --dry-run` says. */
export interface RunPlanReport {
  readonly schema: 'qtune.run/1';
  readonly kind: 'plan';
  readonly plan: PlanSummary;
  /** Which part of the plan, with `--shard`, and its number of trials. */
  readonly shard?: ShardPosition & { readonly trialCount: number };
  /** As it would be written, relative to the directory of the call. */
  readonly journal: string;
  readonly estimatedMs: number;
  readonly neededBytes: number;
  readonly longestFileBytes: number;
  readonly freeBytes: number;
  /** Why the images would not fit; absent where they would. */
  readonly problem?: string;
  readonly cells: readonly {
    readonly workload: string;
    readonly configuration: string;
    readonly trialMs: number;
    readonly imageBytes: number;
    readonly fileBytes: number;
  }[];
  /** In the order in which they would run. */
  readonly trials: readonly (PlannedTrial & { readonly estimatedMs: number })[];
}

/** What `qtune run` says at its end. */
export interface RunResultReport {
  readonly schema: 'qtune.run/1';
  readonly kind: 'result';
  readonly plan: PlanSummary;
  /** Which part of the plan, with `--shard`, and its number of trials. */
  readonly shard?: ShardPosition & { readonly trialCount: number };
  readonly journal: string;
  /** First line of `qemu-img --version`, where QEMU was measured. */
  readonly qemu?: string;
  readonly completedCount: number;
  /** Of them, those that an earlier run had completed. */
  readonly alreadyCompletedCount: number;
  readonly failedCount: number;
  readonly cells: readonly RunCell[];
  readonly failures: readonly {
    readonly id: string;
    readonly workload: string;
    readonly configuration: string;
    readonly repetition: number;
    readonly state: Exclude<TrialRecord['state'], 'completed'>;
    readonly reason: string;
  }[];
  readonly warnings: readonly Warning[];
  /** With `--until-decided`. */
  readonly decisions?: readonly RunDecision[];
  /** The same of the second build, where two were measured side by side. */
  readonly head?: RunResultReport;
}

/** What `--until-decided` found of two configurations, or of one under two builds of QEMU. */
export interface RunDecision {
  readonly workload: string;
  /** Labels of configurations. */
  readonly base: string;
  readonly head: string;
  /** IOPS of head over base with its 95 % interval; null where there is none yet. */
  readonly ratio: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly verdict: Verdict;
  readonly blockCount: number;
  /** Blocks that would decide an inconclusive comparison; null where more do not help. */
  readonly neededBlockCount: number | null;
  /** A block without pinning, for one that is better or worse. */
  readonly unpinned?: {
    readonly ratio: number;
    readonly low: number;
    readonly high: number;
    readonly confirmed: boolean;
  };
}

const right = 'right';

/** Builds the document of a plan that is not run. */
export function buildPlanReport(
  plan: Pick<Plan, 'summary' | 'trials' | 'shard'>,
  estimate: PlanEstimate,
  place: { readonly journal: string; readonly freeBytes: number; readonly problem: string | undefined },
): RunPlanReport {
  return {
    schema: 'qtune.run/1',
    kind: 'plan',
    plan: plan.summary,
    ...(plan.shard ? { shard: { ...plan.shard, trialCount: plan.trials.length } } : {}),
    journal: place.journal,
    estimatedMs: estimate.totalMs,
    neededBytes: estimate.diskBytes,
    longestFileBytes: estimate.longestFileBytes,
    freeBytes: place.freeBytes,
    ...(place.problem === undefined ? {} : { problem: place.problem }),
    cells: estimate.cells,
    trials: plan.trials.map((trial) => ({ ...trial, estimatedMs: estimate.trialMs(trial) })),
  };
}

export function renderPlan(report: RunPlanReport): string {
  const { plan } = report;
  const trials = renderTable(
    [
      { title: '#', align: right },
      { title: 'block', align: right },
      { title: 'workload' },
      { title: 'configuration' },
      { title: 'id' },
      { title: 'about', align: right },
    ],
    report.trials.map((trial, index) => [
      String(index + 1),
      String(trial.block),
      trial.workload,
      trial.configuration,
      trial.id,
      formatDuration(trial.estimatedMs),
    ]),
  );
  const images = renderTable(
    [
      { title: 'workload' },
      { title: 'configuration' },
      { title: 'image at most', align: right },
      { title: 'file length', align: right },
    ],
    report.cells.map((cell) => [
      cell.workload,
      cell.configuration,
      formatBytes(cell.imageBytes),
      formatBytes(cell.fileBytes),
    ]),
  );
  const present = new Set(report.cells.map((cell) => cell.workload));
  const shown = plan.workloads.filter((workload) => present.has(workload.name));
  const workloads = shown.map((workload) => {
    const warmUp = workload.warmUpCount > 0 ? `, the first ${formatCount(workload.warmUpCount)} not measured` : '';
    const requests = `${formatBytes(workload.diskBytes)}, ${formatCount(workload.requestCount)} requests${warmUp}`;
    return `${workload.name}: ${workload.title}\n  ${requests}, seed ${workload.seed}\n`;
  });
  const simulated = plan.engine === 'simulated';
  const room = report.problem ?? `${formatBytes(report.freeBytes)} are free: enough`;
  return [
    `${report.shard ? `${partOf(report.shard)} of ` : ''}${plan.trialCount} trials, plan ${plan.hash.slice(0, 8)}, seed ${plan.seed}, engine ${plan.engine}\n`,
    ...workloads,
    '\n',
    trials,
    '\n',
    images,
    '\n',
    simulated
      ? 'Nothing would be measured: the model predicts in about a second for a million requests, and takes no space\n'
      : `Time: about ${formatDuration(report.estimatedMs)}, by a rough model of a small virtual machine with an SSD\n`,
    simulated ? '' : `Space: at most ${formatBytes(report.neededBytes)} at a time; ${room}\n`,
    `Journal: ${report.journal}\n`,
    'Nothing was run (--dry-run).\n',
  ].join('');
}

function partOf({ index, count, trialCount }: NonNullable<RunPlanReport['shard']>): string {
  return `shard ${index}/${count}: ${trialCount}`;
}

function by(engine: PlanSummary['engine']): string {
  return engine === 'simulated' ? "predicted by the model of QEMU's driver" : `measured by ${engine}`;
}

/** One result, or those of two builds of QEMU with what was found between them. */
export function renderResults(reports: readonly RunResultReport[]): string {
  const [first, ...others] = reports;
  if (first === undefined) return '';
  if (others.length === 0) return renderResult(first);
  const { decisions, ...rest } = first;
  const parts = [rest, ...others.map(({ decisions: _, ...other }) => other)].map(
    (one) => `${one.qemu ?? one.journal}\n${renderResult(one)}`,
  );
  return [...parts, ...(decisions ? [renderDecisions(decisions)] : [])].join('\n');
}

function renderResult(report: RunResultReport): string {
  const parts: string[] = [];
  for (const workload of report.plan.workloads) {
    const cells = report.cells.filter((cell) => cell.workload === workload.name);
    if (cells.length === 0) continue;
    parts.push(
      `${workload.name}: ${workload.title} (${formatBytes(workload.diskBytes)}, ${by(report.plan.engine)})\n`,
      renderCells(cells),
      '\n',
    );
  }
  const before = report.alreadyCompletedCount > 0 ? `, ${report.alreadyCompletedCount} of them earlier` : '';
  const { shard } = report;
  const part = shard ? ` of shard ${shard.index}/${shard.count}` : '';
  const planned = shard?.trialCount ?? report.plan.trialCount;
  // A run that may stop early has no number to reach.
  const count = report.plan.stopping
    ? `${report.completedCount} trials${part}`
    : `${report.completedCount} of ${planned} trials${part}`;
  parts.push(`${count} completed${before}; journal: ${report.journal}\n`);
  if (report.decisions) parts.push('\n', renderDecisions(report.decisions));
  if (report.failures.length > 0) parts.push('\n', renderFailures(report.failures));
  report.warnings.forEach(({ subject, message, hint = '' }, index) => {
    const text = `${subject}: ${message.replace(/\.$/, '')}. ${hint}`;
    parts.push(`${index === 0 ? '\n' : ''}[${index + 1}] ${text.trim()}\n`);
  });
  return parts.join('');
}

function renderDecisions(decisions: readonly RunDecision[]): string {
  const change = (low: number, high: number): string => formatChangeInterval(low, high);
  const rows = decisions.map((decision) => [
    decision.workload,
    decision.base === decision.head ? decision.head : `${decision.base} → ${decision.head}`,
    decision.ratio === null ? '' : formatChange(decision.ratio),
    decision.low === null || decision.high === null ? '' : change(decision.low, decision.high),
    decision.neededBlockCount === null
      ? String(decision.blockCount)
      : `${decision.blockCount}→${formatCount(decision.neededBlockCount)}`,
    decision.verdict,
    decision.unpinned === undefined
      ? ''
      : `${decision.unpinned.confirmed ? 'yes' : 'no'}, ${change(decision.unpinned.low, decision.unpinned.high)}`,
  ]);
  const columns = [
    { title: 'workload' },
    { title: 'IOPS of' },
    { title: 'change', align: right },
    { title: '95 % interval', align: right },
    { title: 'blocks', align: right },
    { title: 'verdict' },
    { title: 'the same unpinned?' },
  ] as const;
  const isUnpinned = decisions.some((decision) => decision.unpinned !== undefined);
  const shown = isUnpinned ? columns : columns.slice(0, -1);
  const note = decisions.some((decision) => decision.neededBlockCount !== null)
    ? 'n→m: of about m blocks that would decide. Go on with --resume and more time, or accept a larger --threshold.\n'
    : '';
  return `${renderTable(
    shown,
    rows.map((row) => row.slice(0, shown.length)),
  )}${note}`;
}

function renderCells(cells: readonly RunCell[]): string {
  const columns: readonly { readonly title: string; readonly text: (cell: RunCell) => string }[] = [
    {
      title: 'trials',
      text: (cell) =>
        cell.failedCount > 0 ? `${cell.completedCount} + ${cell.failedCount} bad` : String(cell.completedCount),
    },
    { title: 'IOPS', text: ({ iops }) => (iops ? formatCount(iops.median) : 'none') },
    {
      title: 'low – high',
      text: ({ iops, completedCount, source }) =>
        iops && (completedCount > 1 || source === 'predicted')
          ? `${formatCount(iops.low)} – ${formatCount(iops.high)}`
          : '',
    },
    { title: 'p50', text: ({ latencyP50Ms }) => (latencyP50Ms ? formatDuration(latencyP50Ms.median) : '') },
    { title: 'p99', text: ({ latencyP99Ms }) => (latencyP99Ms ? formatDuration(latencyP99Ms.median) : '') },
    { title: 'space', text: ({ allocatedBytes }) => (allocatedBytes ? formatBytes(allocatedBytes.median) : '') },
    {
      title: 'of data',
      text: ({ spaceAmplificationRatio }) =>
        spaceAmplificationRatio ? `× ${spaceAmplificationRatio.median.toFixed(2)}` : '',
    },
  ];
  const shown = columns.filter((column) => cells.some((cell) => column.text(cell) !== ''));
  return renderTable(
    [{ title: 'configuration' }, ...shown.map(({ title }) => ({ title, align: right }) as const)],
    cells.map((cell) => [cell.configuration.label, ...shown.map((column) => column.text(cell))]),
  );
}

/** Equal reasons once, with their number: a broken set-up fails every trial alike. */
function renderFailures(failures: RunResultReport['failures']): string {
  const counts = new Map<string, number>();
  for (const { workload, configuration, state, reason } of failures) {
    const text = `${workload}, ${configuration}: ${state}: ${reason}`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => `${count > 1 ? `${count} × ` : ''}${text}\n`).join('');
}
