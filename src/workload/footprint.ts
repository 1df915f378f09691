import { Operation } from './request.ts';
import { DiskUnits, diskRegionBytes } from './stats/disk-units.ts';
import { RegionTable } from './stats/region-table.ts';
import { type KindCounts, RequestCounts } from './stats/request-counts.ts';
import { regionWords } from './stats/unit-map.ts';
import type { Workload } from './workload.ts';

/** Memory for what is written where: exact for 256 GiB that are written all over, or 131,072 places far from each other. */
const maximumBytes = 64 * 2 ** 20;

/** What a plan needs to know of a workload: how much it asks for, and how far its writes reach. The warm-up is included. */
export interface Footprint extends KindCounts {
  /**
   * Units with at least one written byte. With the cluster size (or subcluster size), and nothing allocated before, it
   * is the number of data clusters that an image allocates. 25,600 random writes of 4 KiB to 40 GiB touch about 25,100
   * clusters of 64 KiB (1.5 GiB) or 14,600 of 2 MiB (28.5 GiB). Beyond what memory is for, the upper end of an estimate.
   *
   * @param unitBytes a power of two from 512
   */
  writtenUnitCount(unitBytes: number): number;
}

/** Adds up a workload in one pass over its requests. */
export function measureFootprint(workload: Pick<Workload, 'requests'>): Footprint {
  const counts = new RequestCounts();
  const table = new RegionTable(regionWords, maximumBytes);
  const written = new DiskUnits(table, 0);
  for (const block of workload.requests()) {
    counts.add(block);
    for (let index = 0; index < block.count; index++) {
      if (block.operation[index] !== Operation.write) continue;
      const offset = block.offsetBytes[index] as number;
      const end = offset + (block.lengthBytes[index] as number);
      const last = Math.floor((end - 1) / diskRegionBytes);
      for (let region = Math.floor(offset / diskRegionBytes); region <= last; region++) {
        const start = region * diskRegionBytes;
        const followed = table.find(region);
        written.mark(region, followed, Math.max(0, offset - start), Math.min(diskRegionBytes, end - start));
      }
    }
  }
  const upperEnd = 1 + 2 * written.relativeError();
  return { ...counts.counts(), writtenUnitCount: (unitBytes) => Math.ceil(written.count(unitBytes) * upperEnd) };
}
