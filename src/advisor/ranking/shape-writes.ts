import type { Geometry } from '../../qcow2/geometry.ts';
import { RequestKind } from './request-kind.ts';
import type { FirstWrites, TraceSample } from './trace-sample.ts';
import { UnitSet } from './unit-set.ts';

/** What first writes are to images of one shape. */
export interface ShapeWrites {
  readonly writes: FirstWrites;
  /** For each of them {@link RequestKind.writeBlock} or what is more. */
  readonly kinds: Uint8Array;
  /** Requests of each kind behind the warm-up, of the whole workload. */
  readonly kindCounts: Float64Array;
}

/** @param mapped whether every cluster has its place from the start */
export function shapeWrites(sample: TraceSample, geometry: Geometry, mapped: boolean): ShapeWrites {
  const { firstWrites, warmUpCount, syncCount } = sample;
  const kinds = new Uint8Array(firstWrites.index.length).fill(RequestKind.writeBlock);
  const kindCounts = sample.kindCounts.slice();
  const move = (from: number, to: number) => {
    kindCounts[from] = (kindCounts[from] as number) - 1;
    kindCounts[to] = (kindCounts[to] as number) + 1;
  };
  const tables = new UnitSet(geometry.l2TableCoverageBytes);
  const clusters = new UnitSet(geometry.clusterBytes);
  let lastSync = -1;
  for (let at = 0; at < kinds.length; at++) {
    const offset = firstWrites.offsetBytes[at] as number;
    const length = firstWrites.lengthBytes[at] as number;
    if (!mapped && clusters.add(offset, length)) {
      kinds[at] = tables.add(offset, length) ? RequestKind.writeTable : RequestKind.writeCluster;
    }
    if ((firstWrites.index[at] as number) < warmUpCount) continue;
    const kind = kinds[at] as number;
    move(RequestKind.write, kind);
    const syncs = firstWrites.syncsBefore[at] as number;
    if (changesMap(kind, geometry) && syncs !== lastSync && syncs < syncCount) {
      move(RequestKind.sync, RequestKind.syncChanges);
      lastSync = syncs;
    }
  }
  return { writes: firstWrites, kinds, kindCounts };
}

/** Whether a first write changes an L2 entry, so that the next sync has it to write. */
export function changesMap(kind: number, { extendedL2 }: Geometry): boolean {
  return kind >= RequestKind.writeCluster || (extendedL2 && kind === RequestKind.writeBlock);
}
