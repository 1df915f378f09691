import { exponential, naturalLog } from '../logarithm.ts';
import type { PatternOptions, RecordOrder } from './pattern.ts';
import { SpreadRanks } from './spread-ranks.ts';

/**
 * The rule of 80 and 20, and the same within the 20 again: a share h of the records gets 1 − h of the requests, the share h
 * of that share 1 − h of those, and so on. Rank = count · u^(ln h / ln (1 − h)) for u uniform; ranks are spread over the disk
 * in runs of `hotRunRecordCount` records.
 *
 * @source Gray, Sundaresan, Englert, Baclawski and Weinberger, "Quickly generating billion-record synthetic databases",
 * SIGMOD 1994, section 3.2 ("self-similar"); what fio calls pareto
 */
export function paretoOrder({ recordCount, random, hotRunRecordCount, hotShare = 0.2 }: PatternOptions): RecordOrder {
  const places = new SpreadRanks(recordCount, hotRunRecordCount, random);
  const exponent = naturalLog(hotShare) / naturalLog(1 - hotShare);
  return {
    fill(records) {
      for (let index = 0; index < records.length; index++) {
        // 1 − u is never 0, and its logarithm times the exponent is at least −700 for every share that is allowed.
        const rank = Math.floor(
          recordCount * exponential(Math.max(-700, exponent * naturalLog(1 - random.fraction()))),
        );
        records[index] = places.at(Math.min(rank, recordCount - 1));
      }
    },
  };
}
