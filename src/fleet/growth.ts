import { maximumL1Bytes, tableEntryBytes } from '../qcow2/limits.ts';
import type { DiskFacts } from './disk-groups.ts';
import { cacheLimitBytes, type DiskState, fullCoverageBytes, neededBytes } from './disk-state.ts';
import type { Fleet } from './fleet.ts';
import { type MissCurve, workingSetOf } from './miss-curve.ts';
import type { Budget } from './split/split-fleet.ts';
import type { GroupVisit } from './survey.ts';

/** Months at which the fleet is worked out; between them straight lines. */
export const growthMonths = [0, 3, 6, 9, 12, 18, 24, 36] as const;

export interface GrowthPoint {
  readonly month: number;
  readonly allocatedBytes: number;
  /** All caches full. */
  readonly worstCaseBytes: number;
  /** Caches that map every working set, with those that no setting changes. */
  readonly neededBytes: number;
  /** Disks with more data than they had room for: taken to be enlarged. */
  readonly enlargedCount: number;
}

export interface FleetGrowth {
  readonly points: readonly GrowthPoint[];
  /** When the memory needed exceeds the budget: of the fleet, or of the first host. Undefined: not within the last month. */
  readonly exceededMonth: number | undefined;
  /** By the number of the host, where each has a budget; month as above. */
  readonly hostMonths: readonly (number | undefined)[] | undefined;
}

/**
 * How a fleet grows: allocated bytes by a number of bytes or a share a month; a disk that is full is taken to be enlarged as
 * needed, up to what its format takes.
 * @returns what takes group after group, and what it comes to
 */
export function growthOf(fleet: Fleet, budget: Budget | undefined): { visit: GroupVisit; result(): FleetGrowth } {
  const months = growthMonths.length;
  const [allocated, worst, needed, enlarged] = Array.from({ length: 4 }, () => new Float64Array(months)) as Sums;
  const byHost = budget?.scope === 'host' ? new Float64Array(fleet.hosts.count * months) : undefined;
  const grown: GrownDisk = { diskBytes: 0, allocatedBytes: 0 };
  const visit: GroupVisit = (facts, state) => {
    const { count, diskBytes } = facts;
    const curve = fleet.curves.at(facts.curve);
    let [factor, passed] = [1, 0];
    for (let at = 0; at < months; at++) {
      const month = growthMonths[at] as number;
      for (; passed < month; passed++) factor *= 1 + facts.growthRatio;
      growDisk(facts, month, factor, grown);
      const need = neededAt(facts, state, curve, grown);
      addAt(allocated, at, count * grown.allocatedBytes);
      addAt(worst, at, count * worstAt(facts, state, grown));
      addAt(needed, at, count * need);
      if (grown.diskBytes > diskBytes) addAt(enlarged, at, count);
      if (byHost) addAt(byHost, facts.host * months + at, count * need);
    }
  };
  const result = (): FleetGrowth => {
    const hostMonths = byHost && budget ? monthsByHost(byHost, budget.bytes) : undefined;
    const first = hostMonths?.filter((month) => month !== undefined);
    return {
      points: growthMonths.map((month, at) => ({
        month,
        allocatedBytes: allocated[at] as number,
        worstCaseBytes: worst[at] as number,
        neededBytes: needed[at] as number,
        enlargedCount: enlarged[at] as number,
      })),
      exceededMonth: first ? least(first) : budget && exceededAt([...needed], budget.bytes),
      hostMonths,
    };
  };
  return { visit, result };
}

/** By the number of the month. */
type Sums = [allocated: Float64Array, worst: Float64Array, needed: Float64Array, enlarged: Float64Array];

function addAt(sums: Float64Array, at: number, value: number): void {
  sums[at] = (sums[at] as number) + value;
}

interface GrownDisk {
  diskBytes: number;
  allocatedBytes: number;
}

/**
 * @param factor what a share a month has made of the allocated bytes
 * @param into is filled: a fleet asks millions of times
 */
function growDisk(facts: DiskFacts, month: number, factor: number, into: GrownDisk): void {
  const { diskBytes, allocatedBytes, clusterBytes, extendedL2, growthBytes, growthRatio } = facts;
  into.diskBytes = diskBytes;
  into.allocatedBytes = growthRatio === 0 ? allocatedBytes + month * growthBytes : allocatedBytes * factor;
  if (into.allocatedBytes <= diskBytes) return;
  const most = (maximumL1Bytes / tableEntryBytes) * (clusterBytes / (extendedL2 ? 16 : 8)) * clusterBytes;
  into.allocatedBytes = Math.min(into.allocatedBytes, most, Number.MAX_SAFE_INTEGER);
  into.diskBytes = Math.max(diskBytes, into.allocatedBytes);
}

function neededAt(
  facts: DiskFacts,
  state: DiskState,
  curve: MissCurve,
  { diskBytes, allocatedBytes }: GrownDisk,
): number {
  const fixed = state.refcountBytes + state.backingBytes;
  if (allocatedBytes === facts.allocatedBytes) return fixed + state.needBytes;
  return fixed + neededBytes(workingSetOf(curve, diskBytes), allocatedBytes, facts.clusterBytes, facts.extendedL2);
}

function worstAt(facts: DiskFacts, state: DiskState, { diskBytes }: GrownDisk): number {
  if (diskBytes === facts.diskBytes) return state.worstBytes;
  const { clusterBytes, extendedL2, l2CacheBytes } = facts;
  const fullBytes = fullCoverageBytes(diskBytes, clusterBytes, extendedL2);
  return state.worstBytes - state.l2Bytes + cacheLimitBytes(fullBytes, l2CacheBytes, clusterBytes);
}

function monthsByHost(sums: Float64Array, budgetBytes: number): readonly (number | undefined)[] {
  const months = growthMonths.length;
  return Array.from({ length: sums.length / months }, (_, host) =>
    exceededAt([...sums.subarray(host * months, (host + 1) * months)], budgetBytes),
  );
}

function least(months: readonly number[]): number | undefined {
  return months.length === 0 ? undefined : months.reduce((first, month) => Math.min(first, month));
}

/** The first whole month in which a growing sum is above the budget; 0 is today. */
function exceededAt(sums: readonly number[], budgetBytes: number): number | undefined {
  const after = sums.findIndex((sum) => sum > budgetBytes);
  if (after <= 0) return after === 0 ? 0 : undefined;
  const [from, to] = [growthMonths[after - 1] ?? 0, growthMonths[after] ?? 0];
  const [below, above] = [sums[after - 1] ?? 0, sums[after] ?? 0];
  return Math.ceil(from + ((budgetBytes - below) / (above - below)) * (to - from));
}
