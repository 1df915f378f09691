import type { RecordOrder } from './pattern.ts';

/** The first record, over and over: iozone's record rewrite, and every mistake of a single hot block. */
export function rewriteRecordOrder(): RecordOrder {
  return { fill: (records) => void records.fill(0) };
}
