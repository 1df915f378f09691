import { type SlicedBlock, summarizeBlock } from '../../stats/interleaved-comparison.ts';
import type { LaneResult } from './types.ts';

/** Times of the slices of one configuration, milliseconds; slice i of each did the same share of the requests. */
export interface LaneTimes {
  readonly driverMs: readonly number[];
  /** The same with the stalls taken out; absent where there is no such time. */
  readonly robustMs?: readonly number[];
}

/** How a configuration did in a heat: its times, or why there are none. */
export type Lane =
  | { readonly key: string; readonly times: LaneTimes }
  | { readonly key: string; readonly failure: string };

/**
 * The rates of a heat over that of its first lane that ran, slice by slice as `compare` has them; their error is from how much the
 * slices differ. Where a time without stalls exists on both sides, it counts.
 */
export function laneResults(lanes: readonly Lane[]): readonly LaneResult[] {
  const first = lanes.find((lane) => 'times' in lane);
  return lanes.map((lane): LaneResult => {
    if ('failure' in lane) return lane;
    const { key } = lane;
    if (lane === first || first === undefined || !('times' in first)) return { key, logRate: 0, logError: 0 };
    const against = slicedBlock(first.times, lane.times);
    const { value } = summarizeBlock(against.withoutStalls ?? against);
    if (value === undefined) return { key, failure: 'none of its slices has a time' };
    return { key, logRate: value, logError: errorOf(against.withoutStalls ?? against, value), against };
  });
}

/** Rates of the slices of two that took turns. */
export function slicedBlock(base: LaneTimes, head: LaneTimes): SlicedBlock {
  const rates = (times: readonly number[]): readonly number[] => times.map((ms) => 1 / ms);
  const plain = { base: rates(base.driverMs), head: rates(head.driverMs) };
  if (base.robustMs === undefined || head.robustMs === undefined) return plain;
  return { ...plain, withoutStalls: { base: rates(base.robustMs), head: rates(head.robustMs) } };
}

/** Of a normal distribution's standard deviation over its median absolute deviation. */
const deviationPerMedian = 1.4826;

/** Standard error of a block's value, from the median distance of its slices, which single stalls do not move. */
function errorOf({ base, head }: SlicedBlock, value: number): number {
  const distances: number[] = [];
  for (let at = 0; at < Math.min(base.length, head.length); at++) {
    const distance = Math.abs(Math.log((head[at] as number) / (base[at] as number)) - value);
    if (Number.isFinite(distance)) distances.push(distance);
  }
  if (distances.length < 2) return 0;
  const middle = distances.sort((a, b) => a - b)[Math.floor(distances.length / 2)] as number;
  return (deviationPerMedian * middle) / Math.sqrt(distances.length);
}
