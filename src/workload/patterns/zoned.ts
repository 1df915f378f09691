import { CumulativeChoice } from '../cumulative-choice.ts';
import type { PatternOptions, RecordOrder } from './pattern.ts';

/**
 * Zones one behind the other from the start of the area, each with its share of the requests, uniform inside. It is
 * clustered by its nature. Records behind the last zone are not visited.
 *
 * @source fio HOWTO, "random_distribution", zoned
 */
export function zonedOrder(options: PatternOptions): RecordOrder {
  const { recordCount, random, zones = [{ fromRecord: 0, toRecord: recordCount, weight: 1 }] } = options;
  const choice = new CumulativeChoice(zones.map((zone) => ({ value: zone, weight: zone.weight })));
  return {
    fill(records) {
      for (let index = 0; index < records.length; index++) {
        const { fromRecord, toRecord } = choice.draw(random);
        records[index] = fromRecord + random.below(toRecord - fromRecord);
      }
    },
  };
}
