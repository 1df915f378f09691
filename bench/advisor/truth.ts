import { hodgesLehmann } from '../../src/stats/interleaved-comparison.ts';
import { toSample } from '../../src/stats/sample.ts';
import type { RecordedBlock, Recording } from './recording.ts';

/** One lane of a configuration, the defaults' being 0. */
export interface Draw {
  readonly logRatio: number;
  readonly logError: number;
  /** What the lane took: its own time in the driver, and its part of everything else in its block. */
  readonly ms: number;
  readonly disturbed: boolean;
}

/** Configurations slower than the best by more than this in all rounds are not measured again, as a logarithm. */
const frontWidth = 0.06;
const mostFront = 40;

/**
 * What was measured of each configuration, in the order of the blocks. In a block all lanes are rates over one lane of the defaults, so
 * that what happened to that lane shifts all others alike. A race compares the lanes of a heat with each other; here they come from
 * different blocks, so each block's shift is taken out: the middle of what its lanes are off from their configurations' own middles.
 */
export function drawsOf(recording: Recording): readonly (readonly Draw[])[] {
  const levels = blockLevels(recording);
  const { header, blocks } = recording;
  const draws: Draw[][] = header.configurations.map(() => []);
  for (const [at, block] of blocks.entries()) {
    if (block.kind === 'setup') continue;
    const level = levels[at] as number;
    const driver = block.lanes.reduce((sum, lane) => sum + (lane.length === 4 ? lane[3] : 0), 0);
    const overhead = Math.max(0, block.ms - driver) / block.lanes.length;
    for (const lane of block.lanes) {
      if (lane.length !== 4) continue;
      const [index, logRatio, logError, driverMs] = lane;
      draws[index]?.push({ logRatio: logRatio - level, logError, ms: overhead + driverMs, disturbed: block.disturbed });
    }
  }
  return draws;
}

/** Passes after which the shifts no longer move. */
const passes = 3;

/** How far each block's lanes are off together; the defaults' own middle over all blocks stays where it is, at 0. */
function blockLevels({ header, blocks }: Recording): Float64Array {
  const levels = new Float64Array(blocks.length);
  for (let pass = 0; pass < passes; pass++) {
    const values: number[][] = header.configurations.map(() => []);
    for (const [at, { kind, lanes }] of blocks.entries()) {
      if (kind === 'setup') continue;
      for (const lane of lanes) if (lane.length === 4) values[lane[0]]?.push(lane[1] - (levels[at] as number));
    }
    const middles = values.map(middle);
    const start = middles[0] ?? 0;
    for (const [at, { lanes }] of blocks.entries()) {
      const off = lanes.flatMap((lane) =>
        lane.length === 4 && lane[0] !== 0 ? [lane[1] - ((middles[lane[0]] ?? 0) - start)] : [],
      );
      if (off.length > 0) levels[at] = middle(off);
    }
  }
  return levels;
}

/** Those that may be best by what was measured so far, the fastest first. */
export function frontOf(recording: Recording): readonly number[] {
  const means = drawsOf(recording).map((draws) => mean(draws.map(({ logRatio }) => logRatio)));
  const order = means.map((_, index) => index).filter((index) => index > 0 && Number.isFinite(means[index]));
  order.sort((a, b) => (means[b] as number) - (means[a] as number));
  const best = means[order[0] ?? 0] ?? 0;
  return order.filter((index) => (means[index] as number) >= best - frontWidth).slice(0, mostFront);
}

/** What one decision by exhaustive measurement takes: every configuration in each of the full rounds, with the making of shared images. */
export function exhaustiveMs(blocks: readonly RecordedBlock[]): number {
  const setups = [...setupMs(blocks).values()];
  const rounds = blocks.filter(({ kind }) => kind === 'all').map(({ ms }) => ms);
  return [...setups, ...rounds].reduce((sum, ms) => sum + ms, 0);
}

/** What making each shared image took, by the configuration that it was made for; once, although every process made them again. */
export function setupMs(blocks: readonly RecordedBlock[]): ReadonlyMap<number, number> {
  const setups = blocks.filter(({ kind }) => kind === 'setup');
  return new Map(setups.map(({ lanes, ms }) => [lanes.at(-1)?.[0] ?? 0, ms]));
}

/** Hodges–Lehmann middle, which a few blocks that somebody disturbed do not move; NaN of none. */
export function middle(values: readonly number[]): number {
  const sample = toSample(values);
  return sample === undefined ? Number.NaN : hodgesLehmann(sample);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
