import { Operation, type RequestBlock } from '../request.ts';
import type { Workload } from '../workload.ts';
import { AlignmentCounts } from './alignment-counts.ts';
import { allocationShapes } from './allocation.ts';
import { DiskUnits, diskRegionBytes, sectorBytes } from './disk-units.ts';
import { RegionTable } from './region-table.ts';
import { RequestCounts } from './request-counts.ts';
import { RequestOrder } from './request-order.ts';
import { SizeCounts } from './size-counts.ts';
import type { StatisticsEstimate, WorkloadStatistics } from './statistics.ts';
import { ArrivalTimes } from './timing.ts';
import { regionWords } from './unit-map.ts';
import { pageBytes, pageWords, WorkingSet } from './working-set.ts';
import { WrittenClusters } from './written-clusters.ts';

export interface StatisticsOptions {
  /**
   * Memory for what was touched where: 64 MiB by default, which is exact for 80 GiB that are touched all over, or for
   * 43,000 places more than 2 MiB apart.
   */
  readonly maximumBytes?: number;
}

const usualMaximumBytes = 64 * 2 ** 20;

/** What depends on the parts of the disk that are followed. */
const sampledKeys = [
  'footprintBytes',
  'distinctWrittenBytes',
  'rewrittenBytes',
  'pages',
  'windows.list[].workingSetBytes',
  'allocation',
] as const;

/** Adds up a workload in one pass over its requests, in memory that does not grow with their number. */
export function measureStatistics(workload: Workload, options: StatisticsOptions = {}): WorkloadStatistics {
  const collector = new StatisticsCollector(workload, options);
  for (const block of workload.requests()) collector.add(block);
  return collector.statistics();
}

/** The same for a caller that makes the pass itself. */
export class StatisticsCollector {
  readonly #isTimed: boolean;
  readonly #counts = new RequestCounts();
  readonly #sizes = new SizeCounts();
  readonly #order = new RequestOrder();
  readonly #alignment = new AlignmentCounts();
  readonly #times = new ArrivalTimes();
  /** Of every region: the sectors that were touched, those that were written, and when pages were used last. */
  readonly #table: RegionTable;
  readonly #workingSet: WorkingSet;
  readonly #written: WrittenClusters;
  readonly #touched: DiskUnits;
  #pageCount = 0;

  constructor(workload: Pick<Workload, 'diskBytes' | 'isTimed'>, options: StatisticsOptions = {}) {
    this.#isTimed = workload.isTimed === true;
    const table = new RegionTable(2 * regionWords + pageWords, options.maximumBytes ?? usualMaximumBytes);
    this.#touched = new DiskUnits(table, 0);
    this.#written = new WrittenClusters(workload.diskBytes, table, new DiskUnits(table, regionWords));
    this.#workingSet = new WorkingSet(this.#isTimed, table, 2 * regionWords);
    this.#table = table;
  }

  /** Takes the next requests, in their order. */
  add(block: RequestBlock): void {
    this.#counts.add(block);
    this.#sizes.add(block);
    this.#order.add(block);
    this.#alignment.add(block);
    if (this.#isTimed) this.#times.add(block);
    this.#follow(block);
  }

  statistics(): WorkloadStatistics {
    const counts = this.#counts.counts();
    const { readCount, writeCount, trimCount, syncCount, readBytes, writeBytes } = counts;
    const distinctWrittenBytes = this.#written.units.count(sectorBytes) * sectorBytes;
    const order = this.#order.ratios();
    const durationMs = this.#isTimed ? this.#times.durationMs : null;
    return {
      requestCount: readCount + writeCount + trimCount + syncCount,
      ...counts,
      footprintBytes: this.#touched.count(sectorBytes) * sectorBytes,
      distinctWrittenBytes,
      rewrittenBytes: Math.max(0, writeBytes - distinctWrittenBytes),
      durationMs,
      sequentialRatio: order.all.sequentialRatio,
      readRatio: share(readCount, readCount + writeCount),
      readBytesRatio: share(readBytes, readBytes + writeBytes),
      sizes: {
        read: this.#sizes.distribution(Operation.read) ?? null,
        write: this.#sizes.distribution(Operation.write) ?? null,
        trim: this.#sizes.distribution(Operation.trim) ?? null,
      },
      alignment: this.#alignment.ratios(),
      order,
      timing: this.#times.timing() ?? null,
      syncs: {
        writesPerSync: syncCount === 0 ? null : writeCount / syncCount,
        writtenBytesPerSync: syncCount === 0 ? null : writeBytes / syncCount,
        syncsPerSecond: durationMs ? syncCount / (durationMs / 1000) : null,
      },
      pages: {
        accessCount: this.#pageCount,
        seenBeforeRatio: Math.max(0, 1 - share(this.#touched.count(pageBytes), this.#pageCount)),
      },
      windows: this.#workingSet.windows(),
      allocation: allocationShapes(this.#touched, this.#written, { writeCount, writeBytes }),
      estimate: this.#estimate(),
    };
  }

  /** Everything that depends on what was touched before. */
  #follow({ count, operation, offsetBytes, lengthBytes, timeUs }: RequestBlock): void {
    for (let index = 0; index < count; index++) {
      const kind = operation[index] as number;
      const length = lengthBytes[index] as number;
      this.#workingSet.enter(kind, length, timeUs === undefined ? 0 : (timeUs[index] as number));
      if (kind > Operation.write) continue;
      const offset = offsetBytes[index] as number;
      this.#pageCount += Math.floor((offset + length - 1) / pageBytes) - Math.floor(offset / pageBytes) + 1;
      this.#touch(kind === Operation.write, offset, offset + length);
    }
  }

  #touch(isWrite: boolean, offset: number, end: number): void {
    let level = -1;
    const first = Math.floor(offset / diskRegionBytes);
    const last = Math.floor((end - 1) / diskRegionBytes);
    for (let region = first; region <= last; region++) {
      const from = Math.max(0, offset - region * diskRegionBytes);
      const to = Math.min(diskRegionBytes, end - region * diskRegionBytes);
      const followed = this.#table.find(region);
      this.#touched.mark(region, followed, from, to);
      if (followed) this.#workingSet.use(from, to);
      if (isWrite) level = Math.max(level, this.#written.mark(region, followed, from, to));
    }
    if (isWrite) this.#written.end(level, last - first + 1);
  }

  #estimate(): StatisticsEstimate | null {
    const { weight } = this.#table;
    if (weight === 1) return null;
    const error = Math.max(this.#touched.relativeError(), this.#written.units.relativeError());
    return { keys: sampledKeys, followedRatio: 1 / weight, errorRatio: 1.96 * error };
  }
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
