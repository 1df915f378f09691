import type { SettingValues } from '../settings/configuration.ts';
import type { QemuVersion } from '../settings/qemu-version.ts';
import type { Workload } from '../workload/workload.ts';
import type { Blend } from './blend/blend.ts';
import type { WorkloadTraits } from './workload-traits.ts';

/**
 * What counts most. `speed`: the fastest settings, and among those that are as good as tied with it the cheapest. `space`: the least growth of
 * the file, `memory`: the smallest caches, both at no less than the speed of QEMU's defaults.
 */
export type Priority = 'speed' | 'space' | 'memory';

export const priorities: readonly Priority[] = ['speed', 'space', 'memory'];

/** Where the settings are going to be typed; `qmp` is a guest that runs already. */
export type TargetName = 'qemu' | 'libvirt' | 'virt-install' | 'proxmox' | 'openstack' | 'kubevirt' | 'qmp';

/** An image that is there already: what it was created with stays unless it is converted. */
export interface ExistingImage {
  /** Create-time settings as its header has them; only those that differ from QEMU's defaults. */
  readonly create: SettingValues;
  readonly fileName: string;
  /** What the file takes on its host's disk, bytes; absent where that is not known. */
  readonly allocatedBytes?: number;
  /** Name of its backing file as the image has it, which was not opened; absent where there is none. */
  readonly backingName?: string;
  /** Whether it holds internal snapshots. */
  readonly hasSnapshots: boolean;
  /** Where it is in use right now; absent for a file. */
  readonly running?: RunningNodes;
}

/** The nodes of an image that a running QEMU has open. */
export interface RunningNodes {
  /** Its QMP socket as the user named it. */
  readonly socket: string;
  readonly disk: string;
  readonly file: string;
  /** Absent where there is no backing file. */
  readonly backing?: string;
}

/** Settings that are not up for a choice, by QEMU's names. */
export interface HeldSettings {
  readonly create: SettingValues;
  readonly drive: SettingValues;
}

/** Everything that a recommendation depends on; the same request gives the same answer, byte for byte. */
export interface AdviceRequest {
  /** Virtual size of the disk, bytes, a multiple of 512. */
  readonly diskBytes: number;
  readonly traits: WorkloadTraits;
  /** The requests themselves where the workload is a profile or a trace; what is measured then. */
  readonly workload?: Workload;
  /** Several workloads in place of one; `traits` then are those of all together, and `workload` is absent. */
  readonly blend?: Blend;
  /** Whether the disk is an overlay on a backing file. */
  readonly hasBacking: boolean;
  /** Limit for the metadata caches of this disk, bytes; absent where there is none. */
  readonly memoryLimitBytes?: number;
  readonly priority: Priority;
  /** The QEMU that is going to run the disk; absent where it is not known and the newest rules are assumed. */
  readonly qemu?: QemuVersion;
  /** Only settings that can be said there are recommended; absent for any. */
  readonly target?: TargetName;
  /** Create-time settings are given by it, and only run-time settings are searched. */
  readonly image?: ExistingImage;
  /** Settings that somebody decided already; everything else is searched. */
  readonly held?: HeldSettings;
  /** The image's path for the commands. */
  readonly fileName: string;
}
