import type { Fleet } from '../fleet.ts';
import type { MissCurve } from '../miss-curve.ts';
import type { GroupVisit } from '../survey.ts';

/** What each group of disks could do with L2 cache; bytes are those of one disk. */
export interface Demand {
  readonly length: number;
  readonly curves: readonly MissCurve[];
  readonly curve: Uint16Array;
  readonly count: Float64Array;
  /** Steps of the cache. */
  readonly entryBytes: Uint16Array;
  /** What a disk has in any case. */
  readonly leastBytes: Float64Array;
  /** Beyond it nothing is saved. */
  readonly needBytes: Float64Array;
  /** Misses a second that all of `needBytes` save, divided by these bytes. 0 for idle disks. */
  readonly density: Float32Array;
}

/** The demand of a fleet, and what fills it group by group. */
export function demandOf(fleet: Fleet): { readonly demand: Demand; readonly visit: GroupVisit } {
  const length = fleet.groups.count;
  const demand: Demand = {
    length,
    curves: fleet.curves.curves,
    curve: new Uint16Array(length),
    count: new Float64Array(length),
    entryBytes: new Uint16Array(length),
    leastBytes: new Float64Array(length),
    needBytes: new Float64Array(length),
    density: new Float32Array(length),
  };
  const visit: GroupVisit = (facts, state, group) => {
    demand.curve[group] = facts.curve;
    demand.count[group] = facts.count;
    demand.entryBytes[group] = state.entryBytes;
    demand.leastBytes[group] = state.leastBytes;
    demand.needBytes[group] = state.needBytes;
    demand.density[group] = (facts.requestsPerSecond * fleet.curves.at(facts.curve).scaleRatio) / state.needBytes;
  };
  return { demand, visit };
}

/** Misses a second that one disk of a group saves with a cache of that size, compared with none. */
export function gainOf(demand: Demand, group: number, cacheBytes: number): number {
  const needBytes = demand.needBytes[group] as number;
  const curve = demand.curves[demand.curve[group] as number] as MissCurve;
  return (demand.density[group] as number) * needBytes * curve.savedAt(Math.min(1, cacheBytes / needBytes));
}
