import type { PatternOptions, RecordOrder } from './pattern.ts';

/** From the last record to the first, then again from the last. */
export function backwardOrder({ recordCount }: PatternOptions): RecordOrder {
  let next = recordCount - 1;
  return {
    fill(records) {
      for (let index = 0; index < records.length; index++) {
        records[index] = next;
        next = next === 0 ? recordCount - 1 : next - 1;
      }
    },
  };
}
