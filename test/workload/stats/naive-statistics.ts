import { Operation } from '../../../src/workload/request.ts';

/** [operation, offset, length, microseconds] */
export type NaiveRequest = readonly [operation: Operation, offsetBytes: number, lengthBytes: number, timeUs: number];

/** Units of `unitBytes` that the requests of some kinds touch. */
export function unitsOf(
  requests: readonly NaiveRequest[],
  kinds: readonly Operation[],
  unitBytes: number,
): Set<number> {
  const units = new Set<number>();
  for (const [operation, offset, length] of requests) {
    if (!kinds.includes(operation)) continue;
    const last = Math.floor((offset + length - 1) / unitBytes);
    for (let unit = Math.floor(offset / unitBytes); unit <= last; unit++) units.add(unit);
  }
  return units;
}

/** Allocating writes and copied bytes of one cluster size, by a set of clusters. */
export function naiveAllocation(requests: readonly NaiveRequest[], clusterBytes: number, diskBytes: number) {
  const written = new Set<number>();
  let allocatingWriteCount = 0;
  let copyOnWriteBytes = 0;
  for (const [operation, offset, length] of requests) {
    if (operation !== Operation.write) continue;
    let allocates = false;
    const last = Math.floor((offset + length - 1) / clusterBytes);
    for (let cluster = Math.floor(offset / clusterBytes); cluster <= last; cluster++) {
      if (written.has(cluster)) continue;
      written.add(cluster);
      allocates = true;
      const start = cluster * clusterBytes;
      const end = Math.min(diskBytes, start + clusterBytes);
      copyOnWriteBytes += Math.max(0, offset - start) + Math.max(0, end - offset - length);
    }
    if (allocates) allocatingWriteCount += 1;
  }
  return { allocatingWriteCount, copyOnWriteBytes };
}
