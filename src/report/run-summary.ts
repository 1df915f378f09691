import { summarize } from '../stats/summary.ts';
import type { TrialRecord } from '../trial/record.ts';

type Completed = Extract<TrialRecord, { state: 'completed' }>;

/** The middle of several repetitions with the ends of its 95 % interval, or the range where they are too few for one. */
export interface MedianFigure {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** One configuration under one workload, over its repetitions. */
export interface RunCell {
  readonly workload: string;
  readonly configuration: TrialRecord['configuration'];
  /** Of its times; counts and space of a prediction are exact. */
  readonly source: 'measured' | 'predicted';
  readonly completedCount: number;
  readonly failedCount: number;
  /** The figures are absent where no trial was completed. */
  readonly iops?: MedianFigure;
  readonly bytesPerSecond?: MedianFigure;
  readonly latencyP50Ms?: MedianFigure;
  readonly latencyP99Ms?: MedianFigure;
  readonly allocatedBytes?: MedianFigure;
  readonly fileBytes?: MedianFigure;
  readonly spaceAmplificationRatio?: MedianFigure;
}

const confidence = 0.95;

/** Brings trials together by cell, workloads and configurations in the order given. */
export function summarizeCells(
  trials: Iterable<TrialRecord>,
  order: { readonly workloads: readonly string[]; readonly configurations: readonly string[] },
): readonly RunCell[] {
  const cells = new Map<string, TrialRecord[]>();
  for (const trial of trials) {
    const key = JSON.stringify([trial.workload, trial.configuration.label]);
    const list = cells.get(key) ?? [];
    list.push(trial);
    cells.set(key, list);
  }
  const rank = ([first]: readonly TrialRecord[]): readonly [number, number] => [
    order.workloads.indexOf(first?.workload ?? ''),
    order.configurations.indexOf(first?.configuration.label ?? ''),
  ];
  return [...cells.values()]
    .sort((left, right) => rank(left)[0] - rank(right)[0] || rank(left)[1] - rank(right)[1])
    .flatMap((list) => (list[0] ? [summarizeCell(list[0], list)] : []));
}

function summarizeCell(first: TrialRecord, trials: readonly TrialRecord[]): RunCell {
  const completed = trials.filter((trial): trial is Completed => trial.state === 'completed');
  const figure = (value: (trial: Completed) => number | undefined): MedianFigure | undefined => {
    const summary = summarize(
      completed.map((trial) => value(trial) ?? Number.NaN),
      { confidence },
    );
    return summary && { median: summary.median, low: summary.low, high: summary.high };
  };
  const figures = {
    iops: completed[0]?.metrics.iopsInterval
      ? { median: completed[0].metrics.iops, ...completed[0].metrics.iopsInterval }
      : figure((trial) => trial.metrics.iops),
    bytesPerSecond: figure((trial) => trial.metrics.bytesPerSecond),
    latencyP50Ms: figure((trial) => trial.metrics.latencyMs.p50),
    latencyP99Ms: figure((trial) => trial.metrics.latencyMs.p99),
    allocatedBytes: figure((trial) => trial.metrics.allocatedBytes),
    fileBytes: figure((trial) => trial.metrics.fileBytes),
    spaceAmplificationRatio: figure((trial) => trial.metrics.spaceAmplificationRatio),
  };
  return {
    workload: first.workload,
    configuration: first.configuration,
    source: first.engine === 'simulated' ? 'predicted' : 'measured',
    completedCount: completed.length,
    failedCount: trials.length - completed.length,
    ...definedOnly(figures),
  };
}

function definedOnly<Key extends string>(
  figures: Readonly<Record<Key, MedianFigure | undefined>>,
): Partial<Record<Key, MedianFigure>> {
  const result: Partial<Record<Key, MedianFigure>> = {};
  for (const key in figures) {
    const value = figures[key];
    if (value !== undefined) result[key] = value;
  }
  return result;
}
