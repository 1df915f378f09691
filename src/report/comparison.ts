import { geometricMean } from '../stats/geometric-mean.ts';
import { holmAdjusted } from '../stats/holm.ts';
import { compareExactly, comparePaired, type PairedComparison } from '../stats/paired-comparison.ts';
import { type Summary, summarize } from '../stats/summary.ts';
import { type Better, overallVerdict, type Verdict } from '../stats/verdict.ts';
import type { Journal } from '../trial/journal-reader.ts';
import type { Warning } from '../warnings.ts';
import { buildCells, type Cell, type CompletedTrial, pairTrials } from './cell.ts';
import { type CellPair, matchCells, type UnmatchedCell } from './cell-matching.ts';
import { type Comparability, checkComparability, reasonAgainst } from './comparability.ts';
import { identify, type JournalIdentity } from './journal-identity.ts';
import { hostIoCount, hostIoKinds, type Metric } from './metric.ts';

export interface SideSummary {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** One metric of one cell, head against base. */
export interface ComparedCell extends Omit<PairedComparison, 'warnings' | 'probability'> {
  readonly cell: string;
  readonly metric: string;
  readonly workload: string;
  readonly baseConfiguration: string;
  readonly headConfiguration: string;
  readonly engine: string;
  readonly source: 'measured' | 'predicted';
  readonly better: Better;
  readonly assume: 'noisy' | 'exact';
  readonly base: SideSummary | null;
  readonly head: SideSummary | null;
  /** Two-sided, of this cell alone; null where values are exact. */
  readonly probability: number | null;
  /** The same after Holm's adjustment for all noisy comparisons of the document. */
  readonly adjustedProbability: number | null;
  /** Whether there are enough comparable values for the interval to mean what it says. */
  readonly sufficient: boolean;
  /** Why the verdict is inconclusive; null where it is not. */
  readonly reason: string | null;
  readonly warnings: readonly Warning[];
}

/** Geometric mean of a metric's ratios over the cells that have one. */
export interface MetricSummary {
  readonly metric: string;
  readonly ratio: number;
  readonly cellCount: number;
}

/** The document of `compare --json`. */
export interface Comparison {
  readonly schema: 'qtune.compare/1';
  readonly verdict: Verdict;
  readonly confidence: number;
  readonly thresholdRatio: number;
  readonly base: JournalIdentity;
  readonly head: JournalIdentity;
  readonly cells: readonly ComparedCell[];
  readonly unmatched: readonly UnmatchedCell[];
  readonly summary: readonly MetricSummary[];
  /** Noisy comparisons with enough pairs, and how many of them would leave out 1 by chance if nothing had changed. */
  readonly multiplicity: { readonly comparisonCount: number; readonly expectedFalseAlarmCount: number };
  readonly warnings: readonly Warning[];
}

export interface ComparisonOptions {
  readonly metrics: readonly Metric[];
  readonly confidence: number;
  readonly thresholdRatio: number;
}

/** Every comparison resamples with the same seed, so that a cell's figures do not depend on the cells beside it. */
const resamplingSeed = 1;

/**
 * Compares two journals cell by cell and metric by metric.
 *
 * A verdict is that of its own cell, not adjusted for the number of cells: with ten repetitions an adjusted verdict
 * over twenty cells could not call even a clear loss, and a cell's verdict should not change because another workload
 * was run too. The document says how many false alarms to expect instead, and carries Holm's adjusted probabilities.
 *
 * @throws InputError where no cell of one side is on the other
 */
export function buildComparison(base: Journal, head: Journal, options: ComparisonOptions): Comparison {
  const matching = matchCells(buildCells(base), buildCells(head), head.path);
  const comparability = checkComparability(base, head);
  const compared = matching.pairs
    .filter((pair) => pair.base.completed.length > 0 && pair.head.completed.length > 0)
    .flatMap((pair) => {
      const trials = pairTrials(pair.base.completed, pair.head.completed);
      return options.metrics.flatMap((metric) => compareCell(pair, trials, metric, comparability, options) ?? []);
    });
  const cells = withAdjustedProbabilities(compared);
  const unmatched = [...matching.unmatched, ...matching.pairs.flatMap(unmeasured)];
  const noisyCount = cells.filter((cell) => cell.sufficient && cell.assume === 'noisy').length;
  const doubts: Verdict[] = unmatched.some((entry) => entry.side === 'base') ? ['inconclusive'] : [];
  return {
    schema: 'qtune.compare/1',
    verdict: overallVerdict([...cells.map((cell) => cell.verdict), ...doubts]),
    confidence: options.confidence,
    thresholdRatio: options.thresholdRatio,
    base: identify(base),
    head: identify(head),
    cells,
    unmatched,
    summary: options.metrics.flatMap((metric) => summarizeMetric(metric, cells) ?? []),
    multiplicity: { comparisonCount: noisyCount, expectedFalseAlarmCount: noisyCount * (1 - options.confidence) },
    warnings: [...matching.warnings, ...comparability.warnings, ...base.warnings, ...head.warnings],
  };
}

/** Undefined where neither side has the metric. */
function compareCell(
  pair: CellPair,
  trials: readonly (readonly [CompletedTrial, CompletedTrial])[],
  metric: Metric,
  comparability: Comparability,
  options: ComparisonOptions,
): ComparedCell | undefined {
  const values = (cell: Cell): readonly number[] => cell.completed.map((trial) => metric.read(trial.metrics));
  const left = summarize(values(pair.base), options);
  const right = summarize(values(pair.head), options);
  if (left === undefined && right === undefined) return undefined;
  const simulated = pair.base.engine === 'simulated';
  const assume = simulated ? 'exact' : metric.assume;
  const subject = `${pair.name} ${metric.name}`;
  const against = reasonAgainst(comparability, pair.base.workload, metric, simulated);
  const result =
    assume === 'exact'
      ? compareExactly(values(pair.base), values(pair.head), {
          better: metric.better,
          thresholdRatio: metric.thresholdRatio ?? options.thresholdRatio,
          subject,
        })
      : comparePaired(
          trials.map(([one, other]) => [metric.read(one.metrics), metric.read(other.metrics)]),
          {
            ...options,
            better: metric.better,
            seed: resamplingSeed,
            subject,
            resolutionRatio: metric.resolutionRatio ?? 0,
          },
        );
  const enough = result.pairCount > 0 && result.attainedConfidence >= options.confidence - 1e-9;
  const { warnings, ...figures } = result;
  const verdict = against === undefined ? figures.verdict : 'inconclusive';
  return {
    cell: pair.name,
    metric: metric.name,
    ...figures,
    verdict,
    neededPairCount: against === undefined ? figures.neededPairCount : null,
    workload: pair.base.workload,
    baseConfiguration: pair.base.configuration.label,
    headConfiguration: pair.head.configuration.label,
    engine: pair.base.engine,
    source: simulated ? 'predicted' : 'measured',
    better: metric.better,
    assume,
    base: sideOf(left),
    head: sideOf(right),
    adjustedProbability: null,
    baseCount: left?.n ?? 0,
    headCount: right?.n ?? 0,
    sufficient: enough && against === undefined,
    reason: verdict === 'inconclusive' ? (against ?? doubtOf(result, options)) : null,
    warnings: [
      ...warnings,
      ...otherSettings(pair, subject),
      ...(metric.name === 'hostIoCount' && verdict !== 'same' ? changedKinds(pair, subject) : []),
    ],
  };
}

/** Why a comparison of comparable values is undecided. */
function doubtOf(result: PairedComparison, { thresholdRatio }: ComparisonOptions): string {
  const stopper = result.warnings.find((warning) => warning.code !== 'unusable-pairs');
  if (stopper) return stopper.message;
  const percent = Number((thresholdRatio * 100).toPrecision(3));
  if (result.neededPairCount === null) return `the difference is about as large as the threshold of ${percent} %`;
  return `too noisy for a threshold of ${percent} %; about ${result.neededPairCount.toLocaleString('en')} pairs would decide`;
}

/** The same label ought to mean the same settings. */
function otherSettings({ base, head }: CellPair, subject: string): readonly Warning[] {
  const [left, right] = [base.configuration, head.configuration];
  if (
    left.label !== right.label ||
    (sameSettings(left.create, right.create) && sameSettings(left.drive, right.drive))
  ) {
    return [];
  }
  return [
    { code: 'other-settings', subject, message: 'the configuration has the same name but other settings in head' },
  ];
}

/** Which kinds of host I/O are behind a change of their total. */
function changedKinds({ base, head }: CellPair, subject: string): readonly Warning[] {
  const [left, right] = [base, head].map(
    (cell) => cell.completed.find((trial) => trial.metrics.hostIo)?.metrics.hostIo,
  );
  const changes = hostIoKinds.flatMap((kind) => {
    const [before, now] = [hostIoCount(left, kind), hostIoCount(right, kind)];
    return before >= 0 && now >= 0 && before !== now
      ? [`${kind} ${before.toLocaleString('en')} → ${now.toLocaleString('en')}`]
      : [];
  });
  return changes.length === 0 ? [] : [{ code: 'host-io-kinds', subject, message: changes.join(', ') }];
}

function sameSettings(left: Readonly<Record<string, unknown>>, right: Readonly<Record<string, unknown>>): boolean {
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => left[key] === right[key]);
}

function sideOf(summary: Summary | undefined): SideSummary | null {
  return summary ? { median: summary.median, low: summary.low, high: summary.high } : null;
}

/** Cells that both plans have, but that one side could not measure; nobody's where neither could. */
function unmeasured({ name, base, head }: CellPair): readonly UnmatchedCell[] {
  if (base.completed.length > 0 === head.completed.length > 0) return [];
  const [side, failed] = base.completed.length > 0 ? (['base', head] as const) : (['head', base] as const);
  const states = failed.incomplete.map((trial) => trial.state);
  const counts = [...new Set(states)].map((state) => `${states.filter((other) => other === state).length} ${state}`);
  const reason = `${side === 'base' ? 'head' : 'base'} completed no trial of it: ${counts.join(', ')}`;
  return [{ cell: name, side, state: 'not-completed', reason }];
}

function withAdjustedProbabilities(cells: readonly ComparedCell[]): readonly ComparedCell[] {
  const adjusted = holmAdjusted(cells.flatMap((cell) => cell.probability ?? []));
  let next = 0;
  return cells.map((cell) =>
    cell.probability === null ? cell : { ...cell, adjustedProbability: adjusted[next++] ?? 1 },
  );
}

function summarizeMetric(metric: Metric, cells: readonly ComparedCell[]): MetricSummary | undefined {
  const ratios = cells.flatMap((cell) => (cell.metric === metric.name ? (cell.ratio ?? []) : []));
  const ratio = geometricMean(ratios);
  return ratio === undefined ? undefined : { metric: metric.name, ratio, cellCount: ratios.length };
}
