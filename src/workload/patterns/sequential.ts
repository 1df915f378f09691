import type { PatternOptions, RecordOrder } from './pattern.ts';

/** From the first record to the last, then again from the first. */
export function sequentialOrder({ recordCount }: PatternOptions): RecordOrder {
  let next = 0;
  return {
    fill(records) {
      for (let index = 0; index < records.length; index++) {
        records[index] = next;
        next = next + 1 === recordCount ? 0 : next + 1;
      }
    },
  };
}
