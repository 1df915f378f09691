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

/** What was measured of each configuration, in the order of the blocks. */
export function drawsOf({ header, blocks }: Recording): readonly (readonly Draw[])[] {
  const draws: Draw[][] = header.configurations.map(() => []);
  for (const block of blocks) {
    if (block.kind === 'setup') continue;
    const driver = block.lanes.reduce((sum, lane) => sum + (lane.length === 4 ? lane[3] : 0), 0);
    const overhead = Math.max(0, block.ms - driver) / block.lanes.length;
    for (const lane of block.lanes) {
      if (lane.length !== 4) continue;
      const [index, logRatio, logError, driverMs] = lane;
      draws[index]?.push({ logRatio, logError, ms: overhead + driverMs, disturbed: block.disturbed });
    }
  }
  return draws;
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
