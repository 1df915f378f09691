import { maximumClusterBytes, subclustersPerCluster } from '../qcow2/limits.ts';
import { minimumRefcountTableCount } from '../settings/cache-sizing.ts';
import { descendingOrder } from './descending-order.ts';
import type { DiskFacts } from './disk-groups.ts';
import { cacheLimitBytes, fullCoverageBytes, neededBytes } from './disk-state.ts';
import type { Fleet } from './fleet.ts';
import { type MissCurve, workingSetOf } from './miss-curve.ts';
import { type FleetSurvey, forEachGroup, type GroupVisit } from './survey.ts';

/** Smallest cluster that is worth a conversion: twice the default. */
const smallestTargetBytes = 128 * 1024;
/** Largest unit of allocation that a conversion may leave: what the guest's small writes fill up or copy. */
const usualUnitBytes = 64 * 1024;
const listedCount = 100;
const curvePoints = 60;

/** One group of disks to convert, in the order in which it pays. */
export interface ConversionStep {
  readonly group: number;
  readonly diskCount: number;
  readonly clusterBytes: number;
  readonly extendedL2: boolean;
  /** Memory that all disks of the group need less for the caches of their working sets. */
  readonly savedBytes: number;
  /** Data that is copied. */
  readonly copiedBytes: number;
  /** With all steps before it. */
  readonly totalSavedBytes: number;
  readonly totalCopiedBytes: number;
}

export interface ConversionPlan {
  /** Refcount caches, those of backing images, and L2 caches that map every working set; today. */
  readonly neededBytes: number;
  /** How far conversion brings that. */
  readonly leastNeededBytes: number;
  /** All caches full today, and once all that pays is converted. */
  readonly worstCaseBytes: number;
  readonly convertedWorstCaseBytes: number;
  readonly convertibleCount: number;
  /** Disks whose internal snapshots a conversion would not copy. */
  readonly keptForSnapshotsCount: number;
  /** How much has to be converted so that half the memory is needed; undefined where all is not enough. */
  readonly half: { readonly groupCount: number; readonly diskCount: number; readonly copiedBytes: number } | undefined;
  /** The first ones. */
  readonly steps: readonly ConversionStep[];
  /** Memory still needed over the data copied. */
  readonly curve: readonly { readonly copiedBytes: number; readonly neededBytes: number }[];
}

/**
 * Which disks to convert first: to the clusters with which the least memory maps the working set, without a larger unit of
 * allocation than 64 KiB or today's. Larger clusters take larger refcount caches, so small disks are left.
 *
 * @param hasExtendedL2 whether QEMU is 5.2 or later; without subclusters the unit of allocation grows with the cluster
 * @param alongside is called with each group too
 */
export function planConversion(
  fleet: Fleet,
  { total }: FleetSurvey,
  hasExtendedL2: boolean,
  alongside?: GroupVisit,
): ConversionPlan {
  const { count } = fleet.groups;
  const saved = new Float64Array(count);
  const targets = new Uint8Array(count);
  const keys = new Float32Array(count);
  const target: Target = { clusterBytes: 0, savedBytes: 0 };
  let keptForSnapshotsCount = 0;
  let convertedWorstCaseBytes = total.worstCaseBytes;
  forEachGroup(fleet, (facts, state, group) => {
    alongside?.(facts, state, group);
    bestTarget(facts, fleet.curves.at(facts.curve), state.needBytes, hasExtendedL2, target);
    if (target.savedBytes <= 0) return;
    if (facts.snapshotCount > 0) {
      keptForSnapshotsCount += facts.count;
      return;
    }
    saved[group] = target.savedBytes;
    targets[group] = 31 - Math.clz32(target.clusterBytes);
    keys[group] = target.savedBytes / Math.max(1, facts.allocatedBytes);
    convertedWorstCaseBytes += facts.count * worstChange(facts, state.l2Bytes, target.clusterBytes, hasExtendedL2);
  });
  const today = total.fixedBytes + total.workingSetBytes;
  const list = walk(fleet, { saved, targets, order: descendingOrder(keys), today, hasExtendedL2 });
  return {
    neededBytes: today,
    worstCaseBytes: total.worstCaseBytes,
    convertedWorstCaseBytes,
    keptForSnapshotsCount,
    ...list,
  };
}

interface Target {
  clusterBytes: number;
  savedBytes: number;
}

/** The cluster size that needs the least memory for the active image of a disk. @param into is filled */
function bestTarget(facts: DiskFacts, curve: MissCurve, needBytes: number, extended: boolean, into: Target): void {
  const { clusterBytes, diskBytes, allocatedBytes } = facts;
  const unit = facts.extendedL2 ? clusterBytes / subclustersPerCluster : clusterBytes;
  const now = needBytes + minimumRefcountTableCount * clusterBytes;
  const workingSet = workingSetOf(curve, diskBytes);
  into.clusterBytes = clusterBytes;
  into.savedBytes = 0;
  for (let size = smallestTargetBytes; size <= maximumClusterBytes; size *= 2) {
    if (extended && size / subclustersPerCluster > Math.max(usualUnitBytes, unit)) break;
    const needed = neededBytes(workingSet, allocatedBytes, size, extended) + minimumRefcountTableCount * size;
    if (now - needed <= into.savedBytes) continue;
    into.clusterBytes = size;
    into.savedBytes = now - needed;
  }
}

/** What all caches of one disk take more once it is converted, with the run-time settings that it has. */
function worstChange(facts: DiskFacts, l2Bytes: number, clusterBytes: number, extended: boolean): number {
  const fullBytes = fullCoverageBytes(facts.diskBytes, clusterBytes, extended);
  const after = cacheLimitBytes(fullBytes, facts.l2CacheBytes, clusterBytes);
  return after - l2Bytes + minimumRefcountTableCount * (clusterBytes - facts.clusterBytes);
}

interface Candidates {
  readonly saved: Float64Array;
  /** Power of two of the cluster size. */
  readonly targets: Uint8Array;
  readonly order: Uint32Array;
  readonly today: number;
  readonly hasExtendedL2: boolean;
}

function walk(fleet: Fleet, { saved, targets, order, today, hasExtendedL2 }: Candidates) {
  const steps: ConversionStep[] = [];
  const curve = [{ copiedBytes: 0, neededBytes: today }];
  const { groups } = fleet;
  let [totalSavedBytes, totalCopiedBytes, convertibleCount] = [0, 0, 0];
  let half: ConversionPlan['half'];
  const worthwhile = order.findIndex((group) => saved[group] === 0);
  const length = worthwhile === -1 ? order.length : worthwhile;
  for (let at = 0; at < length; at++) {
    const group = order[at] as number;
    const diskCount = groups.countOf(group);
    const savedBytes = diskCount * (saved[group] as number);
    const copiedBytes = diskCount * groups.allocatedOf(group);
    totalSavedBytes += savedBytes;
    totalCopiedBytes += copiedBytes;
    convertibleCount += diskCount;
    if (at < listedCount) {
      const clusterBytes = 2 ** (targets[group] as number);
      steps.push({
        group,
        diskCount,
        clusterBytes,
        extendedL2: hasExtendedL2,
        savedBytes,
        copiedBytes,
        totalSavedBytes,
        totalCopiedBytes,
      });
    }
    if (half === undefined && totalSavedBytes >= today / 2) {
      half = { groupCount: at + 1, diskCount: convertibleCount, copiedBytes: totalCopiedBytes };
    }
    const isMark = Math.floor(((at + 1) * curvePoints) / length) > Math.floor((at * curvePoints) / length);
    if (isMark) curve.push({ copiedBytes: totalCopiedBytes, neededBytes: today - totalSavedBytes });
  }
  return { steps, curve, half, convertibleCount, leastNeededBytes: today - totalSavedBytes };
}
