import type { PatternOptions, RecordOrder } from './pattern.ts';
import { SpreadRanks } from './spread-ranks.ts';

/**
 * A share of the requests on a share of the area, the others on the rest, each uniform. The hot records are in one piece at
 * the front, or in runs of `hotRunRecordCount` records that are spread over the area.
 *
 * @source Cooper, Silberstein, Tam, Ramakrishnan and Sears, "Benchmarking cloud serving systems with YCSB", SoCC 2010;
 * its HotspotIntegerGenerator
 */
export function hotspotOrder(options: PatternOptions): RecordOrder {
  const { recordCount, random, hotRunRecordCount, hotRequestRatio = 0.8, hotAreaRatio = 0.2 } = options;
  const hotCount = Math.min(Math.max(1, Math.round(hotAreaRatio * recordCount)), recordCount);
  const coldCount = recordCount - hotCount;
  const hotBelow = coldCount === 0 ? 1 : hotRequestRatio;
  const places = hotRunRecordCount < hotCount ? new SpreadRanks(recordCount, hotRunRecordCount, random) : undefined;
  return {
    fill(records) {
      for (let index = 0; index < records.length; index++) {
        const isHot = random.fraction() < hotBelow;
        const rank = isHot ? random.below(hotCount) : hotCount + random.below(coldCount);
        records[index] = places === undefined ? rank : places.at(rank);
      }
    },
  };
}
