import fc from 'fast-check';
import type { Preallocation } from '../../../src/qcow2/measure.ts';
import type { CommandKind } from './case.ts';

/*
 * Cases before they are made valid: numbers and choices that are independent of each other, so that each can be made smaller on
 * its own. The weights are the distribution.
 */

/** One of several values with whole-number weights; shrinks to the first. */
function weighted<T>(...entries: readonly (readonly [T, number])[]): fc.Arbitrary<T> {
  const choices = entries.map(([value, weight]) => ({ arbitrary: fc.constant(value), weight }));
  return fc.oneof({ withCrossShrink: true }, ...choices);
}

/** A request before it is laid on a disk: where in which cluster follows from numbers that are taken modulo what there is. */
const rawRequest = fc.record({
  kind: weighted<CommandKind>(
    ...([
      ['write', 16],
      ['read', 7],
      ['flush', 3],
      ['discard', 3],
      ['zero', 3],
      ['zero-unmap', 2],
    ] as const),
  ),
  region: weighted<'low' | 'edge' | 'any' | 'last'>(['low', 10], ['edge', 3], ['any', 4], ['last', 1]),
  shape: weighted<'small' | 'part' | 'whole' | 'head' | 'tail' | 'span' | 'clusters'>(
    ['small', 4],
    ['part', 5],
    ['whole', 4],
    ['head', 2],
    ['tail', 2],
    ['span', 3],
    ['clusters', 2],
  ),
  cluster: fc.nat(2 ** 30),
  sector: fc.nat(4095),
  sectors: fc.nat(4095),
});
export type RawRequest = typeof rawRequest extends fc.Arbitrary<infer T> ? T : never;

const rawStep = fc.record({
  action: weighted<'request' | 'snapshot' | 'compressed'>(['request', 12], ['snapshot', 1], ['compressed', 3]),
  request: rawRequest,
});
type RawStep = typeof rawStep extends fc.Arbitrary<infer T> ? T : never;

const rawBacking = fc.record({
  format: weighted<'raw' | 'qcow2'>(['qcow2', 3], ['raw', 2]),
  length: weighted<'equal' | 'shorter' | 'longer'>(['equal', 2], ['shorter', 2], ['longer', 1]),
  lengthNumber: fc.nat(2 ** 30),
  clusterBits: weighted([16, 3], [9, 2], [12, 2], [14, 2], [18, 1]),
  extended: weighted([false, 3], [true, 1]),
  requests: fc.array(rawRequest, { maxLength: 16 }),
});
export type RawBacking = typeof rawBacking extends fc.Arbitrary<infer T> ? T : never;

const clusterBits = weighted(
  [16, 6],
  [9, 8],
  [10, 5],
  [11, 2],
  [12, 5],
  [13, 2],
  [14, 4],
  [15, 3],
  [17, 2],
  [18, 1],
  [19, 1],
  [21, 1],
);
const preallocations = weighted<Preallocation>(['off', 12], ['metadata', 4], ['falloc', 2], ['full', 1]);

const rawImage = fc.record({
  clusterBits,
  extended: weighted([false, 2], [true, 1]),
  refcountBits: weighted([16, 5], [64, 4], [8, 3], [32, 1], [4, 1], [2, 1], [1, 2]),
  version: weighted<2 | 3>([3, 9], [2, 1]),
  preallocation: preallocations,
  lazy: weighted([false, 5], [true, 1]),
  dataFile: weighted<'none' | 'plain' | 'raw'>(['none', 20], ['plain', 2], ['raw', 1]),
  backingDepth: weighted([0, 5], [1, 3], [2, 1]),
  backings: fc.tuple(rawBacking, rawBacking),
  size: weighted<'few' | 'tables' | 'many'>(['few', 4], ['tables', 5], ['many', 1]),
  sizeNumber: fc.nat(2 ** 30),
  oddSectors: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(4095) }),
  growth: weighted<'none' | 'block' | 'table'>(['none', 10], ['block', 4], ['table', 2]),
  growthNumber: fc.nat(2 ** 20),
});
export type RawImage = typeof rawImage extends fc.Arbitrary<infer T> ? T : never;

const rawDrive = fc.record({
  mode: weighted(['writeback', 8], ['writethrough', 3], ['unsafe', 1], ['none', 2], ['directsync', 1]),
  discard: weighted([true, 4], [false, 1]),
  l2Entries: fc.oneof(
    { weight: 1, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.integer({ min: 2, max: 16 }) },
  ),
  entryBits: weighted([0, 3], [9, 3], [10, 1], [11, 1], [12, 2], [14, 1], [16, 1]),
  refcountTables: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 4, max: 9 }) },
  ),
  passRequest: weighted<boolean | undefined>([undefined, 4], [false, 1], [true, 1]),
  passSnapshot: weighted<boolean | undefined>([undefined, 4], [false, 1], [true, 1]),
  passOther: weighted<boolean | undefined>([undefined, 4], [false, 1], [true, 1]),
  noUnref: weighted([false, 4], [true, 1]),
  overlap: weighted<string | undefined>([undefined, 4], ['all', 3], ['none', 1], ['constant', 1]),
  lazy: weighted<boolean | undefined>([undefined, 8], [true, 1], [false, 1]),
});
export type RawDrive = typeof rawDrive extends fc.Arbitrary<infer T> ? T : never;

export interface RawCase {
  readonly image: RawImage;
  readonly prefilled: boolean;
  readonly steps: readonly RawStep[];
  readonly drive: RawDrive;
  readonly requests: readonly RawRequest[];
}

export function rawCase(maximumCommands: number): fc.Arbitrary<RawCase> {
  return fc.record({
    image: rawImage,
    prefilled: weighted([false, 1], [true, 2]),
    steps: fc.array(rawStep, { maxLength: 40, size: 'max' }),
    drive: rawDrive,
    requests: fc.array(rawRequest, { minLength: 1, maxLength: maximumCommands, size: 'max' }),
  });
}
