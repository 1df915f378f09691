import { FOR_SNAPSHOT } from './host-io.ts';
import type { Qcow2Node } from './node.ts';

/** Bits of `overlap-check`. */
export const CHECK_MAIN_HEADER = 1;
export const CHECK_ACTIVE_L1 = 2;
export const CHECK_ACTIVE_L2 = 4;
export const CHECK_REFCOUNT_TABLE = 8;
export const CHECK_REFCOUNT_BLOCK = 16;
export const CHECK_SNAPSHOT_TABLE = 32;
export const CHECK_INACTIVE_L1 = 64;
export const CHECK_INACTIVE_L2 = 128;
export const CHECK_BITMAP_DIRECTORY = 256;

const l1EntryBytes = 8;

/**
 * What looking for an overlap costs before a write of the image file: comparisons, and with `inactive-l2` one read of each
 * snapshot's L1 table. A sound image has no overlap, so the answer is always the same.
 * @param ignored bits that this write may overlap
 * @source QEMU block/qcow2-refcount.c, qcow2_check_metadata_overlap
 */
export function checkOverlap(node: Qcow2Node, ignored: number, length: number): void {
  const checks = node.options.overlapChecks & ~ignored;
  if (checks === 0 || length === 0) return;
  const { image, counters } = node;
  let steps = 0;
  if ((checks & CHECK_MAIN_HEADER) !== 0) steps++;
  if ((checks & CHECK_ACTIVE_L1) !== 0) steps++;
  if ((checks & CHECK_REFCOUNT_TABLE) !== 0) steps++;
  if ((checks & CHECK_SNAPSHOT_TABLE) !== 0) steps++;
  if ((checks & CHECK_INACTIVE_L1) !== 0) steps += image.snapshots.length;
  if ((checks & CHECK_ACTIVE_L2) !== 0) steps += image.l1.length;
  if ((checks & CHECK_REFCOUNT_BLOCK) !== 0) steps += node.lastRefcountBlock + 1;
  if ((checks & CHECK_INACTIVE_L2) !== 0) {
    for (const snapshot of image.snapshots) {
      steps += snapshot.l1.length;
      if (snapshot.l1.length > 0)
        node.file.read(snapshot.l1OffsetBytes, snapshot.l1.length * l1EntryBytes, FOR_SNAPSHOT);
    }
  }
  counters.overlapSteps += steps;
}
