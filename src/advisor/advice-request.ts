import type { QemuVersion } from '../settings/qemu-version.ts';
import type { Workload } from '../workload/workload.ts';
import type { WorkloadTraits } from './workload-traits.ts';

/**
 * What counts most. `speed`: the fastest settings, and among those within a tenth of it the cheapest. `space`: the least growth of
 * the file, `memory`: the smallest caches, both at no less than the speed of QEMU's defaults.
 */
export type Priority = 'speed' | 'space' | 'memory';

export const priorities: readonly Priority[] = ['speed', 'space', 'memory'];

/** Everything that a recommendation depends on; the same request gives the same answer, byte for byte. */
export interface AdviceRequest {
  /** Virtual size of the disk, bytes, a multiple of 512. */
  readonly diskBytes: number;
  readonly traits: WorkloadTraits;
  /** The requests themselves where the workload is a profile or a trace; what is measured then. */
  readonly workload?: Workload;
  /** Whether the disk is an overlay on a backing file. */
  readonly hasBacking: boolean;
  /** Limit for the metadata caches of this disk, bytes; absent where there is none. */
  readonly memoryLimitBytes?: number;
  readonly priority: Priority;
  /** The QEMU that is going to run the disk; absent where it is not known and the newest rules are assumed. */
  readonly qemu?: QemuVersion;
  /** The image's path for the commands. */
  readonly fileName: string;
}
