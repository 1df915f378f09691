import { EnvironmentError } from '../errors.ts';
import { formatBytes } from '../units/bytes.ts';
import type { PlanEstimate } from './estimate.ts';

/** What a run leaves free for everybody else. */
export const reserveBytes = 1024 ** 3;

/** What is known of the place where the images go. */
export interface Room {
  /** The directory as it is shown. */
  readonly directory: string;
  readonly freeBytes: number;
  /** Absent where it was not tried out. */
  readonly largestFileBytes?: number;
}

/** Why a plan's images do not fit, in one sentence with the numbers; undefined where they do. */
export function roomProblem(estimate: PlanEstimate, room: Room): string | undefined {
  const { diskBytes, longestFileBytes } = estimate;
  const { directory, freeBytes, largestFileBytes } = room;
  if (largestFileBytes !== undefined && longestFileBytes > largestFileBytes) {
    return `the largest image is ${formatBytes(longestFileBytes)} long, but the file system of ${directory} takes files up to ${formatBytes(largestFileBytes)}`;
  }
  if (diskBytes > freeBytes - reserveBytes) {
    return `the images need up to ${formatBytes(diskBytes)}, but ${directory} has ${formatBytes(freeBytes)} free, of which ${formatBytes(reserveBytes)} stay free`;
  }
  return undefined;
}

/** @throws EnvironmentError where the plan's images do not fit, before the first one is made */
export function checkRoom(estimate: PlanEstimate, room: Room): void {
  const problem = roomProblem(estimate, room);
  if (problem !== undefined) {
    throw new EnvironmentError(problem, {
      hint: 'Name a smaller disk with --disk, fewer configurations, or set TMPDIR to a directory with more room.',
    });
  }
}
