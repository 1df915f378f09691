import { compareInterleaved, fewestBlocks, type SlicedBlock } from '../stats/interleaved-comparison.ts';
import { compareExactly, comparePaired, type PairedComparison } from '../stats/paired-comparison.ts';
import { type Summary, summarize } from '../stats/summary.ts';
import { defaultThresholdRatio, interleavedThresholdRatio } from '../stats/verdict.ts';
import type { Warning } from '../warnings.ts';
import type { CellPair } from './cell-matching.ts';
import { type Comparability, reasonAgainst } from './comparability.ts';
import type { ComparedCell, ComparisonMethod, SideSummary } from './compared-cell.ts';
import { pairIndices } from './measured-cell.ts';
import { hostIoCount, hostIoKinds, type Metric } from './metric.ts';

export interface CellOptions {
  /** Share of intervals that are to hold the true ratio. */
  readonly confidence: number;
  /** Noise threshold of every cell; absent: that of its method. */
  readonly thresholdRatio?: number;
}

/** Every comparison resamples with the same seed, so that a cell's figures do not depend on the cells beside it. */
const resamplingSeed = 1;

interface Outcome {
  readonly method: ComparisonMethod;
  readonly thresholdRatio: number;
  readonly sliceCount: number | null;
  readonly result: PairedComparison;
}

/** Compares one metric of a pair of cells, before any correction for many. Undefined where neither side has the metric. */
export function compareCell(
  pair: CellPair,
  metric: Metric,
  comparability: Comparability,
  options: CellOptions,
): ComparedCell | undefined {
  const { base, head, name } = pair;
  const [baseValues, headValues] = [base.values(metric), head.values(metric)];
  const left = summarize(Array.from(baseValues), options);
  const right = summarize(Array.from(headValues), options);
  if (left === undefined && right === undefined) return undefined;
  const simulated = base.engine === 'simulated';
  const assume = simulated ? 'exact' : metric.assume;
  const subject = `${name} ${metric.name}`;
  const { method, thresholdRatio, sliceCount, result } =
    assume === 'exact'
      ? exactly(baseValues, headValues, metric, subject, options)
      : noisily(pair, metric, baseValues, headValues, subject, options);
  const against = reasonAgainst(comparability, base.workload, metric, simulated);
  const enough = result.pairCount > 0 && result.attainedConfidence >= options.confidence - 1e-9;
  const { warnings, ...figures } = result;
  const verdict = against === undefined ? figures.verdict : 'inconclusive';
  return {
    cell: name,
    metric: metric.name,
    ...figures,
    verdict,
    neededPairCount: against === undefined ? figures.neededPairCount : null,
    workload: base.workload,
    baseConfiguration: base.configuration.label,
    headConfiguration: head.configuration.label,
    engine: base.engine,
    source: simulated ? 'predicted' : 'measured',
    better: metric.better,
    assume,
    method,
    thresholdRatio,
    sliceCount,
    base: sideOf(left),
    head: sideOf(right),
    adjustedProbability: null,
    baseCount: left?.n ?? 0,
    headCount: right?.n ?? 0,
    sufficient: enough && against === undefined,
    reason: verdict === 'inconclusive' ? (against ?? doubtOf(result, method, thresholdRatio)) : null,
    warnings: [
      ...warnings,
      ...otherSettings(pair, subject),
      ...(metric.name === 'hostIoCount' && verdict !== 'same' ? changedKinds(pair, subject) : []),
    ],
  };
}

function exactly(
  base: Float64Array,
  head: Float64Array,
  metric: Metric,
  subject: string,
  options: CellOptions,
): Outcome {
  const thresholdRatio = metric.thresholdRatio ?? options.thresholdRatio ?? defaultThresholdRatio;
  const exact = { better: metric.better, thresholdRatio, subject };
  const result = compareExactly(Array.from(base), Array.from(head), exact);
  return { method: 'exact', thresholdRatio, sliceCount: null, result };
}

/** By slices where those of enough blocks took turns, else by whole trials; what was left out is said. */
function noisily(
  pair: CellPair,
  metric: Metric,
  base: Float64Array,
  head: Float64Array,
  subject: string,
  options: CellOptions,
): Outcome {
  const pairs = pairIndices(pair.base, pair.head);
  const { better, resolutionRatio = 0 } = metric;
  const { confidence } = options;
  const common = { better, confidence, seed: resamplingSeed, subject, resolutionRatio };
  const blocks = slicedBlocks(pair, pairs, metric);
  const otherCount = pairs.length - blocks.length;
  if (blocks.length > 0 && (otherCount === 0 || blocks.length >= fewestBlocks)) {
    const thresholdRatio = options.thresholdRatio ?? interleavedThresholdRatio;
    const result = compareInterleaved(blocks, { ...common, thresholdRatio });
    const sliceCount = blocks.reduce((sum, block) => sum + block.base.length, 0);
    return { method: 'interleaved', thresholdRatio, sliceCount, result: mixed(result, otherCount, subject) };
  }
  const thresholdRatio = options.thresholdRatio ?? defaultThresholdRatio;
  const result = comparePaired(
    pairs.map(([left, right]) => [base[left] ?? Number.NaN, head[right] ?? Number.NaN]),
    { ...common, thresholdRatio },
  );
  return { method: 'paired', thresholdRatio, sliceCount: null, result };
}

/** Blocks in which trials of both sides were of one session and did equally many slices. */
function slicedBlocks(
  { base, head }: CellPair,
  pairs: readonly (readonly [number, number])[],
  { readSlice }: Metric,
): readonly SlicedBlock[] {
  if (readSlice === undefined) return [];
  return pairs.flatMap(([baseIndex, headIndex]) => {
    const [left, right] = [base.slices(baseIndex), head.slices(headIndex)];
    if (left === undefined || left.session !== right?.session || left.driverMs.length !== right.driverMs.length) {
      return [];
    }
    const withoutStalls =
      left.robustMs === undefined || right.robustMs === undefined
        ? {}
        : { withoutStalls: { base: left.robustMs.map(readSlice), head: right.robustMs.map(readSlice) } };
    return [{ base: left.driverMs.map(readSlice), head: right.driverMs.map(readSlice), ...withoutStalls }];
  });
}

function mixed(result: PairedComparison, otherCount: number, subject: string): PairedComparison {
  if (otherCount === 0) return result;
  const blocks = `${otherCount} ${otherCount === 1 ? 'block' : 'blocks'}`;
  const message = `${blocks} left out: their slices did not take turns; ${result.pairCount} whose slices did are compared`;
  return { ...result, warnings: [...result.warnings, { code: 'mixed-blocks', subject, message }] };
}

/** Why a comparison of comparable values is undecided. */
function doubtOf(result: PairedComparison, method: ComparisonMethod, thresholdRatio: number): string {
  const secondary = new Set(['unusable-pairs', 'unusable-slices', 'mixed-blocks']);
  const stopper = result.warnings.find((warning) => !secondary.has(warning.code));
  if (stopper) return stopper.message;
  const percent = Number((thresholdRatio * 100).toPrecision(3));
  const { neededPairCount, pairCount } = result;
  if (neededPairCount === null) return `the difference is about as large as the threshold of ${percent} %`;
  const noun = method === 'interleaved' ? 'blocks' : 'pairs';
  const more = (neededPairCount - pairCount).toLocaleString('en');
  return `too noisy for a threshold of ${percent} %; about ${neededPairCount.toLocaleString('en')} ${noun} would decide, ${more} more`;
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

function sameSettings(left: Readonly<Record<string, unknown>>, right: Readonly<Record<string, unknown>>): boolean {
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => left[key] === right[key]);
}

/** Which kinds of host I/O are behind a change of their total. */
function changedKinds({ base, head }: CellPair, subject: string): readonly Warning[] {
  const changes = hostIoKinds.flatMap((kind) => {
    const [before, now] = [hostIoCount(base.hostIo, kind), hostIoCount(head.hostIo, kind)];
    return before >= 0 && now >= 0 && before !== now
      ? [`${kind} ${before.toLocaleString('en')} → ${now.toLocaleString('en')}`]
      : [];
  });
  return changes.length === 0 ? [] : [{ code: 'host-io-kinds', subject, message: changes.join(', ') }];
}

function sideOf(summary: Summary | undefined): SideSummary | null {
  return summary ? { median: summary.median, low: summary.low, high: summary.high } : null;
}
