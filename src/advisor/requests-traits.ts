import { LookupCounters } from '../driver/curve/lookup-counters.ts';
import { entriesForHits } from '../driver/curve/telling-sizes.ts';
import { measureFootprint } from '../workload/footprint.ts';
import { Operation } from '../workload/request.ts';
import { UnitMap } from '../workload/stats/unit-map.ts';
import type { Workload } from '../workload/workload.ts';
import type { WorkloadTraits } from './workload-traits.ts';

/** What one L2 entry of 4 KiB maps with clusters of 64 KiB, bytes: the grain in which the working set is counted. */
const areaBytes = 2 ** 25;
const clusterBytes = 65_536;
/** Memory for the clusters that were written: exact up to some 25 TiB of them. */
const writtenMapBytes = 64 * 2 ** 20;
const sectorBytes = 512;
/** 4 KiB to 2 MiB: from what the host's file system allocates to the largest clusters. */
const allocationUnits = Array.from({ length: 10 }, (_, index) => 4096 * 2 ** index);
/** Requests from which on a sample of the slices is followed; exact where no more than these are used. */
const sampledFromCount = 2 ** 22;
const sample = { rate: 1, maximumSliceCount: 16_384 };
/** The last hit in a hundred is not worth a cache. */
const hitShareRatio = 0.99;
/** Areas that a request may return to without being counted as a miss, and so taken for locality. */
const recentAreaCount = 8;

/**
 * The traits of a workload from its own requests, for a profile or a recorded trace: one pass over all of them. The working set is every
 * area of 32 MiB that was touched; the miss ratio without a cache to speak of is the share of requests outside the last 8 areas.
 */
export function traitsOfRequests(workload: Workload): WorkloadTraits {
  const counts = { read: 0, write: 0, sync: 0, bytes: 0, writtenBytes: 0, firstWrite: 0, miss: 0 };
  const written = new UnitMap(writtenMapBytes);
  const areas = new Set<number>();
  const recent: number[] = [];
  const slices = new LookupCounters(
    [{ diskBytes: workload.diskBytes, clusterBytes, sliceBytes: areaBytes }],
    workload.requestCount >= sampledFromCount ? sample : undefined,
  );
  for (const block of workload.requests()) {
    slices.add(block);
    for (let index = 0; index < block.count; index++) {
      const operation = block.operation[index];
      const offset = block.offsetBytes[index] ?? 0;
      const length = block.lengthBytes[index] ?? 0;
      if (operation === Operation.sync) counts.sync += 1;
      if (operation !== Operation.read && operation !== Operation.write) continue;
      counts.bytes += length;
      const area = Math.floor(offset / areaBytes);
      areas.add(area);
      const position = recent.indexOf(area);
      if (position < 0) counts.miss += 1;
      else recent.splice(position, 1);
      recent.push(area);
      if (recent.length > recentAreaCount) recent.shift();
      if (operation === Operation.read) {
        counts.read += 1;
        continue;
      }
      counts.write += 1;
      counts.writtenBytes += length;
      const before = written.touched[0] as number;
      const last = Math.floor((offset + length - 1) / clusterBytes);
      for (let cluster = Math.floor(offset / clusterBytes); cluster <= last; cluster++) written.add(cluster);
      if ((written.touched[0] as number) > before) counts.firstWrite += 1;
    }
  }
  const dataCount = counts.read + counts.write;
  const [lookups] = slices.profiles();
  const allocates = workload.image.content === 'empty';
  const fillBytes = Math.max(0, (written.touched[0] as number) * clusterBytes - counts.writtenBytes);
  return {
    name: workload.name,
    title: workload.title,
    source: `its own ${workload.requestCount} requests; ${workload.source}`,
    readRatio: share(counts.read, dataCount),
    requestBytes: Math.max(512, Math.round(share(counts.bytes, dataCount))),
    firstWriteRatio: allocates ? share(counts.firstWrite, counts.write) : 0,
    syncsPerWrite: share(counts.sync, counts.write),
    workingSet: { bytes: Math.max(areaBytes, areas.size * areaBytes) },
    missScale: share(counts.miss, dataCount),
    missSkew: 1,
    fillRatio: allocates ? share(fillBytes, counts.writtenBytes) : 0,
    ...(allocates && counts.write > 0 ? { allocatedRatios: allocatedRatios(workload) } : {}),
    ...(lookups && dataCount > 0 ? { neededSliceCount: entriesForHits(lookups, hitShareRatio) } : {}),
    trims: false,
  };
}

function allocatedRatios(workload: Workload): ReadonlyMap<number, number> {
  const { writtenUnitCount } = measureFootprint(workload);
  const storedBytes = writtenUnitCount(sectorBytes) * sectorBytes;
  return new Map(
    allocationUnits.map((unitBytes) => [unitBytes, (writtenUnitCount(unitBytes) * unitBytes) / storedBytes]),
  );
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
