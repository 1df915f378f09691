import { UsageError } from '../../errors.ts';
import { iozoneRandomOrder } from '../programs/iozone-order.ts';
import type { PatternOptions, RecordOrder } from './pattern.ts';

/** The order is kept in memory, four bytes a record. */
const largestRecordCount = 2 ** 26;

/** The order of iozone's random tests, then again: the same for every seed, since the program's is a constant. */
export function iozoneRandomRecords({ recordCount }: PatternOptions): RecordOrder {
  if (recordCount > largestRecordCount) {
    throw new UsageError(`the pattern iozone-random has at most ${largestRecordCount} records, not ${recordCount}`, {
      hint: 'Give a smaller `span` or a larger `blockSize`.',
    });
  }
  const order = iozoneRandomOrder(recordCount);
  let next = 0;
  return {
    fill(records) {
      for (let index = 0; index < records.length; index++) {
        records[index] = order[next] ?? 0;
        next = next + 1 === recordCount ? 0 : next + 1;
      }
    },
  };
}
