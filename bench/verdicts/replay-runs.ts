import { correctForFamily } from '../../src/stats/family.ts';
import { compareInterleaved, type SlicedBlock } from '../../src/stats/interleaved-comparison.ts';
import type { Verdict } from '../../src/stats/verdict.ts';
import type { BlockRecord } from './block-record.ts';

/** How `qtune run --until-decided` is set. */
export interface Design {
  readonly thresholdRatio: number;
  readonly errorRate: number;
  /** Numbers of blocks at which it looks; one for a design of fixed size. */
  readonly looks: readonly number[];
  /** For the blocks of the two sides that are compared. */
  readonly budgetMs: number;
}

/** One run as it would have gone. */
export interface ReplayedRun {
  readonly verdict: Verdict;
  readonly blockCount: number;
  readonly ms: number;
  /** Of the comparison when the run ended. */
  readonly logRatio: number;
  readonly logLow: number;
  readonly logHigh: number;
  readonly disturbedCount: number;
}

/** IOPS of one side over those of another in one block: the same work, so the inverse of the times. */
export function slicedBlock(record: BlockRecord, base: number, head: number): SlicedBlock {
  const rates = (times: BlockRecord['driverMs'], side: number): number[] => (times[side] ?? []).map((ms) => 1 / ms);
  const { driverMs, robustMs } = record;
  return {
    base: rates(driverMs, base),
    head: rates(driverMs, head),
    ...(robustMs === undefined ? {} : { withoutStalls: { base: rates(robustMs, base), head: rates(robustMs, head) } }),
  };
}

/**
 * Cuts a recording into runs, one after the other without overlap: each takes blocks until its comparison is decided or
 * its time is up, as `qtune run --until-decided` takes them from the machine. Blocks left at the end are no run.
 *
 * @param share of a block's time that two of its sides take
 */
export function replayRuns(
  blocks: readonly BlockRecord[],
  sides: readonly [base: number, head: number],
  design: Design,
): readonly ReplayedRun[] {
  const runs: ReplayedRun[] = [];
  let start = 0;
  while (start < blocks.length) {
    const run = replayOne(blocks, start, sides, design);
    if (run === undefined) break;
    runs.push(run);
    start += run.blockCount;
  }
  return runs;
}

function replayOne(
  blocks: readonly BlockRecord[],
  start: number,
  [base, head]: readonly [number, number],
  design: Design,
): ReplayedRun | undefined {
  const taken: SlicedBlock[] = [];
  let ms = 0;
  let disturbedCount = 0;
  const last = design.looks.at(-1) ?? 0;
  for (let index = start; index < blocks.length; index++) {
    const record = blocks[index];
    if (record === undefined) return undefined;
    taken.push(slicedBlock(record, base, head));
    ms += (record.ms * 2) / record.losses.length;
    if (record.disturbed === true) disturbedCount += 1;
    const late = ms > design.budgetMs;
    if (!late && !design.looks.includes(taken.length)) continue;
    const result = compareInterleaved(taken, {
      better: 'higher',
      thresholdRatio: design.thresholdRatio,
      confidence: 0.95,
      seed: 1,
    });
    const [corrected] = correctForFamily([result], design);
    const verdict = corrected?.verdict ?? 'inconclusive';
    if (verdict === 'inconclusive' && !late && taken.length < last) continue;
    const log = (ratio: number | null): number => Math.log(ratio ?? Number.NaN);
    return {
      verdict,
      blockCount: taken.length,
      ms,
      logRatio: log(result.ratio),
      logLow: log(result.low),
      logHigh: log(result.high),
      disturbedCount,
    };
  }
  return undefined;
}
