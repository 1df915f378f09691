import { backwardOrder } from './backward.ts';
import { hotspotOrder } from './hotspot.ts';
import { iozoneRandomRecords } from './iozone-random.ts';
import { normalOrder } from './normal.ts';
import { paretoOrder } from './pareto.ts';
import type { PatternOptions, RecordOrder } from './pattern.ts';
import { permutationOrder } from './permutation.ts';
import { randomOrder } from './random.ts';
import { rewriteRecordOrder } from './rewrite-record.ts';
import { sequentialOrder } from './sequential.ts';
import { stridedOrder } from './strided.ts';
import { zipfOrder } from './zipf.ts';
import { zonedOrder } from './zoned.ts';

/** Every order of records by the name that profiles use. */
export const recordOrders = {
  sequential: sequentialOrder,
  random: randomOrder,
  permutation: permutationOrder,
  backward: backwardOrder,
  strided: stridedOrder,
  'rewrite-record': rewriteRecordOrder,
  'iozone-random': iozoneRandomRecords,
  zipf: zipfOrder,
  pareto: paretoOrder,
  hotspot: hotspotOrder,
  normal: normalOrder,
  zoned: zonedOrder,
} as const satisfies Readonly<Record<string, (options: PatternOptions) => RecordOrder>>;

export type PatternName = keyof typeof recordOrders;

export const patternNames: readonly [PatternName, ...PatternName[]] = [
  'sequential',
  'random',
  'permutation',
  'backward',
  'strided',
  'rewrite-record',
  'iozone-random',
  'zipf',
  'pareto',
  'hotspot',
  'normal',
  'zoned',
];
