import type { PatternOptions, RecordOrder } from './pattern.ts';

/** Uniform with replacement: every record is as likely as any other at every step. */
export function randomOrder({ recordCount, random }: PatternOptions): RecordOrder {
  return {
    fill(records) {
      for (let index = 0; index < records.length; index++) records[index] = random.below(recordCount);
    },
  };
}
