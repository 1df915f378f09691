import { type ChangePoint, fewestValues, findChangePoints, findExactChanges } from '../stats/change-point.ts';
import { median } from '../stats/quantiles.ts';
import { toSample } from '../stats/sample.ts';
import { defaultThresholdRatio, type Verdict } from '../stats/verdict.ts';
import { environmentOf } from '../trial/environment-of.ts';
import type { Warning } from '../warnings.ts';
import { cellName } from './cell-matching.ts';
import type { MeasuredJournal } from './measured-journal.ts';
import type { Metric } from './metric.ts';

/** What a history keeps of a journal: a figure a cell and metric. */
export interface HistoryRun {
  readonly path: string;
  readonly startedAt: string;
  readonly qemu: string | null;
  readonly figures: readonly RunFigure[];
}

interface RunFigure {
  readonly cell: string;
  readonly metric: string;
  readonly simulated: boolean;
  /** Equal where figures may stand in one series: of the same workload on the same host, as far as the metric asks. */
  readonly place: string;
  /** Median of the trials. */
  readonly value: number;
}

export interface HistoryShift extends ChangePoint {
  /** The first run after it. */
  readonly run: string;
  readonly startedAt: string;
  readonly qemu: string | null;
  /** After over before. */
  readonly ratio: number | null;
  readonly verdict: Extract<Verdict, 'better' | 'worse'>;
  /** How many runs ago it was, 1 for the last one. */
  readonly runsAgo: number;
}

/** One metric of one cell over the runs of one host. */
export interface HistorySeries {
  readonly cell: string;
  readonly metric: string;
  readonly assume: 'noisy' | 'exact';
  /** Counted from 1; a cell has more than one where hosts or its workload differ. */
  readonly hostNumber: number;
  readonly points: readonly { readonly run: string; readonly startedAt: string; readonly value: number }[];
  /** `too-short`: shifts could not have been seen. */
  readonly state: 'too-short' | 'stable' | 'shifted';
  readonly shifts: readonly HistoryShift[];
}

/** The document of `compare --history --json`. */
export interface History {
  readonly schema: 'qtune.history/1';
  readonly runCount: number;
  readonly probability: number;
  readonly thresholdRatio: number;
  readonly series: readonly HistorySeries[];
  readonly warnings: readonly Warning[];
}

export interface HistoryOptions {
  readonly metrics: readonly Metric[];
  /** Shifts below it are none; absent: 3 %. */
  readonly thresholdRatio?: number;
}

/** A shift that chance gives less often than once in a thousand; what Hunter and Otava use. */
const shiftProbability = 0.001;

/** Fewest runs in which a shift of a noisy metric can be seen. */
export const fewestRuns = 2 * fewestValues;

/** Takes from a journal what a history needs of it; the journal need not be kept. */
export function summarizeRun(journal: MeasuredJournal, metrics: readonly Metric[]): HistoryRun {
  const severalEngines = new Set(journal.cells.map((cell) => cell.engine)).size > 1;
  const figures = journal.cells.flatMap((cell) => {
    const { kernel, cpuModel, cpuCount, fileSystem, mountOptions } = environmentOf(journal, cell.workload);
    const hash = journal.header.plan.workloads.find((workload) => workload.name === cell.workload)?.hash;
    const simulated = cell.engine === 'simulated';
    const places = {
      nothing: [hash],
      'file-system': [hash, fileSystem, mountOptions],
      machine: [hash, kernel, cpuModel, cpuCount, fileSystem, mountOptions],
    };
    return metrics.flatMap((metric): readonly RunFigure[] => {
      const sample = toSample(Array.from(cell.values(metric)));
      if (sample === undefined) return [];
      const place = JSON.stringify(places[simulated ? 'nothing' : metric.dependsOn]);
      const name = cellName(cell, severalEngines);
      return [{ cell: name, metric: metric.name, simulated, place, value: median(sample) }];
    });
  });
  const { startedAt, environment } = journal.header;
  return { path: journal.path, startedAt, qemu: environment.qemu ?? null, figures };
}

/**
 * Finds the runs in which metrics shifted. Another kernel, processor or file system begins another series, as does a changed
 * workload; another QEMU does not, since its shifts are what is looked for.
 */
export function buildHistory(
  runs: readonly HistoryRun[],
  options: HistoryOptions,
  warnings: readonly Warning[],
): History {
  const { metrics, thresholdRatio = defaultThresholdRatio } = options;
  const ordered = [...runs].sort((left, right) => (left.startedAt < right.startedAt ? -1 : 1));
  const byCell = new Map<string, Map<string, { readonly run: HistoryRun; readonly figure: RunFigure }[]>>();
  for (const run of ordered) {
    for (const figure of run.figures) {
      const key = JSON.stringify([figure.cell, figure.metric]);
      const places = byCell.get(key) ?? new Map<string, { readonly run: HistoryRun; readonly figure: RunFigure }[]>();
      byCell.set(key, places);
      const entries = places.get(figure.place);
      if (entries) entries.push({ run, figure });
      else places.set(figure.place, [{ run, figure }]);
    }
  }
  const series = [...byCell.values()].flatMap((places) =>
    [...places.values()].map((entries, index) => seriesOf(entries, index + 1, metrics, thresholdRatio)),
  );
  const rank = new Map(metrics.map((metric, index) => [metric.name, index]));
  series.sort((left, right) => (rank.get(left.metric) ?? 0) - (rank.get(right.metric) ?? 0));
  const notes = [...warnings];
  if (series.some((one) => one.hostNumber > 1)) {
    const message = 'runs of other hosts, kernels, file systems or changed workloads are series of their own';
    notes.push({ code: 'several-hosts', subject: 'history', message });
  }
  const schema = 'qtune.history/1';
  return { schema, runCount: runs.length, probability: shiftProbability, thresholdRatio, series, warnings: notes };
}

function seriesOf(
  entries: readonly { readonly run: HistoryRun; readonly figure: RunFigure }[],
  hostNumber: number,
  metrics: readonly Metric[],
  thresholdRatio: number,
): HistorySeries {
  const [first] = entries;
  const metric = metrics.find((one) => one.name === first?.figure.metric);
  if (first === undefined || metric === undefined) throw new RangeError('a series has a run and a metric');
  const values = entries.map(({ figure }) => figure.value);
  const assume = first.figure.simulated ? 'exact' : metric.assume;
  const points = assume === 'exact' ? exactShifts(values, metric) : noisyShifts(values, thresholdRatio);
  const enough = assume === 'exact' ? 2 : fewestRuns;
  const shifts = points.flatMap((point): readonly HistoryShift[] => {
    const run = entries[point.index]?.run;
    if (run === undefined) return [];
    const rose = point.after > point.before;
    const { path, startedAt, qemu } = run;
    const ratio = point.before > 0 ? point.after / point.before : null;
    const verdict = rose === (metric.better === 'higher') ? 'better' : 'worse';
    return [{ ...point, run: path, startedAt, qemu, ratio, verdict, runsAgo: entries.length - point.index }];
  });
  return {
    cell: first.figure.cell,
    metric: metric.name,
    assume,
    hostNumber,
    points: entries.map(({ run, figure }) => ({ run: run.path, startedAt: run.startedAt, value: figure.value })),
    state: entries.length < enough ? 'too-short' : shifts.length > 0 ? 'shifted' : 'stable',
    shifts,
  };
}

/** Levels are geometric means: a shift is a factor, and noise grows with the level. */
function noisyShifts(values: readonly number[], thresholdRatio: number): readonly ChangePoint[] {
  if (values.some((value) => !(value > 0))) return [];
  const options = { probability: shiftProbability, minimumShift: Math.log1p(thresholdRatio) };
  return findChangePoints(values.map(Math.log), options).map((point) => ({
    ...point,
    before: Math.exp(point.before),
    after: Math.exp(point.after),
  }));
}

/** Differences that the metric declares to be none are left out. */
function exactShifts(values: readonly number[], { thresholdRatio = 0 }: Metric): readonly ChangePoint[] {
  return findExactChanges(values).filter(
    ({ before, after }) => Math.abs(after - before) > thresholdRatio * Math.min(before, after),
  );
}

/** A shift of a noisy metric is seen some runs after it came, and should not stay a failure for ever. */
const recentRuns = 10;

/** Shifts for the worse by at least a share which are the last of their series and came within its last 10 runs. */
export function recentLosses(
  history: History,
  failOnRatio: number,
): readonly { series: HistorySeries; shift: HistoryShift }[] {
  return history.series.flatMap((series) => {
    const shift = series.shifts.at(-1);
    if (shift === undefined || shift.verdict !== 'worse' || shift.runsAgo > recentRuns) return [];
    const { ratio } = shift;
    const loss = ratio === null ? Number.POSITIVE_INFINITY : Math.max(ratio - 1, 1 - ratio);
    return loss >= failOnRatio ? [{ series, shift }] : [];
  });
}
