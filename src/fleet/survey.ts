import { UsageError } from '../errors.ts';
import { type DiskFacts, emptyFacts } from './disk-groups.ts';
import { type DiskState, emptyState, expectedBytes, missesAt, stateOf } from './disk-state.ts';
import type { Fleet } from './fleet.ts';

/** Sums over disks: of the fleet, a host or a workload. */
export interface FleetSums {
  diskCount: number;
  diskBytes: number;
  allocatedBytes: number;
  imageCount: number;
  /** All caches full. */
  worstCaseBytes: number;
  l2Bytes: number;
  refcountBytes: number;
  backingBytes: number;
  expectedBytes: number;
  /** L2 caches of the active images that map every disk whole. */
  fullCoverageBytes: number;
  /** L2 caches of the active images that map every working set, as far as it has data. */
  workingSetBytes: number;
  /** What no setting of the drive changes: refcount caches, and the caches of backing images. */
  fixedBytes: number;
  /** The least that QEMU sets up: fixed, and two L2 entries a disk. */
  leastBytes: number;
  lookupsPerSecond: number;
  missesPerSecond: number;
  leastMissesPerSecond: number;
  /** Disks whose L2 cache does not map them whole. */
  belowFullCoverageCount: number;
  /** Disks whose L2 cache does not map their working set. */
  belowWorkingSetCount: number;
  idleCount: number;
}

export interface FleetSurvey {
  readonly total: FleetSums;
  /** By the number of the host. */
  readonly hosts: readonly FleetSums[];
  /** By the number of the curve. */
  readonly workloads: readonly FleetSums[];
}

/**
 * What a fleet's caches take today. Sums of memory are exact; that of the disks' sizes may be beyond 2^53 and is then rounded.
 * @param alongside is called with each group too
 * @throws UsageError where a sum of memory is beyond 2^53−1 bytes
 */
export function surveyFleet(fleet: Fleet, alongside?: GroupVisit): FleetSurvey {
  const total = emptySums();
  const hosts = Array.from({ length: fleet.hosts.count }, emptySums);
  const workloads = fleet.curves.curves.map(emptySums);
  const load: DiskLoad = { expectedBytes: 0, missesPerSecond: 0, leastMissesPerSecond: 0 };
  forEachGroup(fleet, (facts, state, group) => {
    const curve = fleet.curves.at(facts.curve);
    load.expectedBytes = expectedBytes(facts, state, curve);
    load.missesPerSecond = missesAt(facts, state, curve, state.l2Bytes);
    load.leastMissesPerSecond = facts.requestsPerSecond * curve.floorRatio;
    add(total, facts, state, load);
    add(hosts[facts.host] ?? total, facts, state, load);
    add(workloads[facts.curve] ?? total, facts, state, load);
    alongside?.(facts, state, group);
  });
  if (Math.max(total.worstCaseBytes, total.fullCoverageBytes) > Number.MAX_SAFE_INTEGER) {
    throw new UsageError('the caches of all disks together are larger than qtune can count (8 PiB less one byte)', {
      hint: 'Look at the sizes and counts in the file, or plan parts of it.',
    });
  }
  return { total, hosts, workloads };
}

/** What is done with one group; the two objects are the same ones every time. */
export type GroupVisit = (facts: DiskFacts, state: DiskState, group: number) => void;

/** Calls with each group in their order: of a million, a tenth of a second for reading them. */
export function forEachGroup(fleet: Fleet, visit: GroupVisit): void {
  const [facts, state] = [emptyFacts(), emptyState()];
  for (let group = 0; group < fleet.groups.count; group++) {
    fleet.groups.read(group, facts);
    visit(facts, stateOf(facts, fleet.curves.at(facts.curve), state), group);
  }
}

function emptySums(): FleetSums {
  return {
    diskCount: 0,
    diskBytes: 0,
    allocatedBytes: 0,
    imageCount: 0,
    worstCaseBytes: 0,
    l2Bytes: 0,
    refcountBytes: 0,
    backingBytes: 0,
    expectedBytes: 0,
    fullCoverageBytes: 0,
    workingSetBytes: 0,
    fixedBytes: 0,
    leastBytes: 0,
    lookupsPerSecond: 0,
    missesPerSecond: 0,
    leastMissesPerSecond: 0,
    belowFullCoverageCount: 0,
    belowWorkingSetCount: 0,
    idleCount: 0,
  };
}

/** What one disk's requests do. */
interface DiskLoad {
  expectedBytes: number;
  missesPerSecond: number;
  leastMissesPerSecond: number;
}

function add(sums: FleetSums, facts: DiskFacts, state: DiskState, load: DiskLoad): void {
  const { count } = facts;
  const fixedBytes = state.refcountBytes + state.backingBytes;
  sums.diskCount += count;
  sums.diskBytes += count * facts.diskBytes;
  sums.allocatedBytes += count * facts.allocatedBytes;
  sums.imageCount += count * facts.imageCount;
  sums.worstCaseBytes += count * state.worstBytes;
  sums.l2Bytes += count * state.l2Bytes;
  sums.refcountBytes += count * state.refcountBytes;
  sums.backingBytes += count * state.backingBytes;
  sums.expectedBytes += count * load.expectedBytes;
  sums.fullCoverageBytes += count * state.fullBytes;
  sums.workingSetBytes += count * state.needBytes;
  sums.fixedBytes += count * fixedBytes;
  sums.leastBytes += count * (fixedBytes + state.leastBytes);
  sums.lookupsPerSecond += count * facts.requestsPerSecond;
  sums.missesPerSecond += count * load.missesPerSecond;
  sums.leastMissesPerSecond += count * load.leastMissesPerSecond;
  if (state.l2Bytes < state.fullBytes) sums.belowFullCoverageCount += count;
  if (state.l2Bytes < state.needBytes) sums.belowWorkingSetCount += count;
  if (facts.requestsPerSecond === 0) sums.idleCount += count;
}
