import { ShuffledRange } from '../shuffled-range.ts';
import type { PatternOptions, RecordOrder } from './pattern.ts';

/** Every record exactly once in a random order, then again in the same order: what iozone and fio call random. */
export function permutationOrder({ recordCount, random }: PatternOptions): RecordOrder {
  const range = new ShuffledRange(recordCount, random);
  let next = 0;
  return {
    fill(records) {
      for (let index = 0; index < records.length; index++) {
        records[index] = range.at(next);
        next = next + 1 === recordCount ? 0 : next + 1;
      }
    },
  };
}
