import type { Disturbance, EngineDescription } from '../engine/engine.ts';
import { compareInterleaved, type SlicedBlock, summarizeBlock } from '../stats/interleaved-comparison.ts';
import { blocksNeeded, defaultPower, type PowerOptions, visibleEffect } from '../stats/power.ts';
import { deviationInterval } from '../stats/sample-deviation.ts';
import { defaultConfidence, interleavedThresholdRatio } from '../stats/verdict.ts';
import type { TrialEnvironment } from '../trial/record.ts';
import type { Warning } from '../warnings.ts';
import type { Workload } from '../workload/workload.ts';

/** Two equal sides that took turns: the times of their slices, milliseconds. */
export interface NoiseBlock extends SlicedBlock {
  /** For the whole block, image making included. */
  readonly ms: number;
  readonly disturbance?: Disturbance;
}

/** What was measured, and how a run would decide. */
export interface NoiseInput {
  readonly environment: TrialEnvironment;
  readonly engine: EngineDescription;
  readonly budgetMs: number;
  readonly workloads: readonly {
    readonly workload: Pick<Workload, 'name' | 'title'>;
    readonly blocks: readonly NoiseBlock[];
  }[];
  /** Chance of a false better or worse in a whole run, and so at each of its looks. */
  readonly errorRate: number;
  readonly level: number;
  /** Blocks that a run measures at least, and at most unless it is told to. */
  readonly fewestBlocks: number;
  readonly mostBlocks: number;
}

export type NoiseReport = ReturnType<typeof buildNoiseReport>;
export type WorkloadNoise = ReturnType<typeof noiseOf>;

/** Effects of which the time to find them is told. */
const effectRatios = [0.01, 0.02, 0.03, 0.05, 0.1] as const;
/** Times of which the effect that they find is told, milliseconds. */
const timesMs = [10_000, 30_000, 60_000, 300_000] as const;
/** A threshold is recommended so that a run of this time can decide, milliseconds. */
const recommendedForMs = 60_000;
/** Thresholds that people write. The first is the default of `run --until-decided`. */
const thresholdRatios = [interleavedThresholdRatio, 0.02, 0.03, 0.05, 0.1, 0.2] as const;

/** The document of `doctor --noise --json`. */
export function buildNoiseReport(input: NoiseInput) {
  const workloads = input.workloads.map(({ workload, blocks }) => noiseOf(workload, blocks, input));
  const seen = workloads.map(({ inTime }) => inTime.find(({ timeMs }) => timeMs === recommendedForMs)?.effectRatio);
  const recommended = thresholdRatios.find((ratio) =>
    seen.every((effect) => typeof effect === 'number' && effect <= ratio),
  );
  return {
    schema: 'qtune.noise/1',
    environment: input.environment,
    engine: input.engine,
    budgetMs: input.budgetMs,
    errorRate: input.errorRate,
    power: defaultPower,
    mostBlocks: input.mostBlocks,
    workloads,
    recommendedThresholdRatio: recommended ?? null,
    recommendedForMs,
    warnings: workloads.flatMap(warningsOf),
  } as const;
}

function noiseOf(workload: Pick<Workload, 'name' | 'title'>, blocks: readonly NoiseBlock[], input: NoiseInput) {
  const disturbed = blocks.filter(({ disturbance }) => disturbance?.disturbed === true);
  // As a run does it: a few are measured again, but where most are disturbed, that is how this machine is.
  const isLeftOut = disturbed.length <= 1 + blocks.length / 4 && blocks.length - disturbed.length >= input.fewestBlocks;
  const kept = isLeftOut ? blocks.filter((block) => !disturbed.includes(block)) : blocks;
  const steady = kept.flatMap(({ withoutStalls }) => withoutStalls ?? []);
  const used: readonly SlicedBlock[] = steady.length === kept.length ? steady : kept;
  const totalMs = blocks.reduce((sum, { ms }) => sum + ms, 0);
  // Blocks that are run again take their time too.
  const blockMs = totalMs / Math.max(1, used.length);
  const values = used.flatMap((block) => summarizeBlock(block).value ?? []);
  const { ratio, low, high } = compareInterleaved(used, {
    better: 'lower',
    thresholdRatio: 0,
    confidence: defaultConfidence,
    seed: 1,
  });
  const deviation = deviationOf(values);
  const options: PowerOptions | undefined = deviation === null ? undefined : { deviation, level: input.level };
  const interval = deviation === null ? null : deviationInterval(deviation, values.length, defaultConfidence);
  return {
    name: workload.name,
    title: workload.title,
    blockCount: blocks.length,
    usedBlockCount: used.length,
    blockMs,
    deviation,
    deviationLow: interval?.low ?? null,
    deviationHigh: interval?.high ?? null,
    ratio,
    low,
    high,
    disturbed: {
      blockCount: disturbed.length,
      stealMs: sumOf(disturbed, ({ stealMs }) => stealMs),
      waitMs: sumOf(disturbed, ({ waitMs }) => waitMs),
      otherIoBytes: sumOf(disturbed, ({ otherIoBytes }) => otherIoBytes),
      throttledMs: sumOf(disturbed, ({ throttledMs }) => throttledMs),
    },
    toFind: effectRatios.map((effectRatio) => {
      const blockCount = options && blocksNeeded(effectRatio, options, { fewest: input.fewestBlocks });
      return { effectRatio, blockCount: blockCount ?? null, timeMs: blockCount ? blockCount * blockMs : null };
    }),
    inTime: timesMs.map((timeMs) => {
      const blockCount = blockMs > 0 ? Math.floor(timeMs / blockMs) : 0;
      const isEnough = options !== undefined && blockCount >= input.fewestBlocks;
      return { timeMs, blockCount, effectRatio: isEnough ? visibleEffect(blockCount, options) : null };
    }),
  };
}

function sumOf(blocks: readonly NoiseBlock[], of: (disturbance: Disturbance) => number): number {
  return blocks.reduce((sum, { disturbance }) => sum + (disturbance === undefined ? 0 : of(disturbance)), 0);
}

/** Null where there are too few values, or none of them differs. */
function deviationOf(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return variance > 0 ? Math.sqrt(variance) : null;
}

function warningsOf({ name, low, high, disturbed, blockCount, usedBlockCount }: WorkloadNoise): readonly Warning[] {
  const warnings: Warning[] = [];
  if (low !== null && high !== null && (low > 1 || high < 1)) {
    warnings.push({
      code: 'biased',
      subject: name,
      message: 'the interval of two equal sides leaves out zero; that happens to 1 of 20 honest measurements',
      hint: 'Measure again with more time; if it stays, no small difference on this machine can be trusted.',
    });
  }
  if (disturbed.blockCount > 0 && usedBlockCount === blockCount) {
    warnings.push({
      code: 'disturbed',
      subject: name,
      message: `${disturbed.blockCount} of ${blockCount} blocks were disturbed, too many to leave them out`,
      hint: 'Stop what else runs here, or measure on another machine.',
    });
  }
  return warnings;
}
