import type { RequestClasses } from '../../src/engine/request-classes.ts';
import { RobustTime } from '../../src/engine/robust-time.ts';

/** What one side of one block measured. */
export interface Lane {
  /** By request, warm-up included. */
  readonly nanoseconds: Float32Array;
  /** Where each slice ends; the first is the warm-up. */
  readonly ends: readonly number[];
  /** From the bench's own classification and from the engine's. */
  readonly signatures: Uint8Array;
  readonly classes: RequestClasses | undefined;
}

/** Time of each measured slice. */
type SliceTimes = (lane: Lane) => readonly number[];

/** Middle of ascending values, one of a class in a slice; `usual` is the median of the class in the whole block. */
type Location = (sorted: Float32Array, usual: number) => number;

/** Fewer requests of a class in a slice are given the location of the block. */
const fewest = 20;

const mean: Location = (sorted) => sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
const median: Location = (sorted) => sorted[sorted.length >> 1] as number;
const trimmed =
  (share: number): Location =>
  (sorted, usual) =>
    mean(sorted.subarray(0, Math.ceil(sorted.length * (1 - share))), usual);
const interquartile: Location = (sorted, usual) => {
  const start = sorted.length >> 2;
  return mean(sorted.subarray(start, Math.max(start + 1, sorted.length - start)), usual);
};
const below =
  (factor: number): Location =>
  (sorted, usual) => {
    const end = sorted.findIndex((value) => value > factor * usual);
    return end === 0 ? usual : mean(sorted.subarray(0, end < 0 ? sorted.length : end), usual);
  };
const capped =
  (factor: number): Location =>
  (sorted, usual) =>
    sorted.reduce((sum, value) => sum + Math.min(value, factor * usual), 0) / sorted.length;

/** Ways to sum up the latencies of a slice; the first is what all others are compared with. */
export const estimators: Readonly<Record<string, SliceTimes>> = {
  mean: ({ nanoseconds, ends }) => slices(ends, (from, to) => sum(nanoseconds.subarray(from, to))),
  'median of a class': byClass(median),
  'interquartile mean': byClass(interquartile),
  'without the top 10 %': byClass(trimmed(0.1)),
  'without the top 5 %': byClass(trimmed(0.05)),
  'without the top 1 %': byClass(trimmed(0.01)),
  'up to 10 medians': byClass(below(10)),
  'up to 20 medians': byClass(below(20)),
  'up to 50 medians': byClass(below(50)),
  'capped at 10 medians': byClass(capped(10)),
  'capped at 30 medians': byClass(capped(30)),
  '**robustMs as built**': asBuilt,
};

/** All requests of a block behind the warm-up, those above 100 medians of their class cut down to that. */
export function cappedTotal({ nanoseconds, ends, signatures }: Lane): number {
  const parts = classesOf(nanoseconds, signatures, ends[0] ?? 0, nanoseconds.length);
  return parts.reduce(
    (total, part) => total + (part.length === 0 ? 0 : capped(100)(part, median(part, 0)) * part.length),
    0,
  );
}

export function total({ nanoseconds, ends }: Lane): number {
  return sum(nanoseconds.subarray(ends[0] ?? 0));
}

/** Time of a list of latencies without those above 20 medians, each of which is given the mean. */
export function typical(nanoseconds: Float32Array): number {
  const sorted = nanoseconds.slice().sort();
  return below(20)(sorted, median(sorted, 0));
}

function asBuilt({ nanoseconds, ends, classes }: Lane): readonly number[] {
  if (classes === undefined) return slices(ends, (from, to) => sum(nanoseconds.subarray(from, to)));
  const time = new RobustTime(classes);
  return slices(ends, (from, to) => {
    for (let index = from; index < to; index++) time.record(index, nanoseconds[index] as number);
    return time.take() * 1e6;
  });
}

function byClass(location: Location): SliceTimes {
  return ({ nanoseconds, ends, signatures }) => {
    const whole = classesOf(nanoseconds, signatures, ends[0] ?? 0, nanoseconds.length);
    const usual = whole.map((part) => (part.length === 0 ? 0 : median(part, 0)));
    const ofBlock = whole.map((part, number) => (part.length === 0 ? 0 : location(part, usual[number] as number)));
    return slices(ends, (from, to) =>
      classesOf(nanoseconds, signatures, from, to).reduce((time, part, number) => {
        if (part.length === 0) return time;
        if (number === 0) return time + sum(part);
        const here = part.length < fewest ? ofBlock[number] : location(part, usual[number] as number);
        return time + part.length * (here as number);
      }, 0),
    );
  };
}

function slices(ends: readonly number[], time: (from: number, to: number) => number): readonly number[] {
  return ends.slice(1).map((end, index) => time(ends[index] as number, end));
}

/** The latencies of each class in ascending order. */
function classesOf(nanoseconds: Float32Array, signatures: Uint8Array, from: number, to: number): Float32Array[] {
  const counts = new Uint32Array(256);
  for (let index = from; index < to; index++) (counts[signatures[index] as number] as number)++;
  const parts = Array.from(
    counts.subarray(0, 1 + counts.findLastIndex((count) => count > 0)),
    (n) => new Float32Array(n),
  );
  counts.fill(0);
  for (let index = from; index < to; index++) {
    const number = signatures[index] as number;
    const place = counts[number] as number;
    (parts[number] as Float32Array)[place] = nanoseconds[index] as number;
    counts[number] = place + 1;
  }
  for (const part of parts) part.sort();
  return parts;
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}
