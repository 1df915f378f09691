import type { PatternOptions, RecordOrder } from './pattern.ts';

/**
 * Every n-th record to the end, then again from one record further on, and so on: iozone's stride read, with its exact
 * rule for the end of a pass. That rule turns round a stride early, so the last two records are not read and a few
 * near the front are read twice in `recordCount` steps; a range of at most one stride stays at its first record.
 *
 * @source iozone 3.471, iozone.c, read_stride_perf_test
 */
export function stridedOrder({ recordCount, strideRecordCount }: PatternOptions): RecordOrder {
  let next = 0;
  let passCount = 0;
  return {
    fill(records) {
      for (let index = 0; index < records.length; index++) {
        records[index] = next;
        if (next + 1 + strideRecordCount < recordCount - 1) {
          next += strideRecordCount;
        } else {
          passCount += 1;
          next = recordCount <= strideRecordCount ? 0 : passCount % recordCount;
        }
      }
    },
  };
}
