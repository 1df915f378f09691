import type { Configuration } from '../../settings/configuration.ts';
import type { QemuVersion } from '../../settings/qemu-version.ts';
import type { ImagePreparation } from '../../workload/workload.ts';
import type { GivenTraceOptions } from '../trace-options.ts';

/** What the options of `qtune simulate` ask for, before any file was read. Either `image` or `diskBytes` is there. */
export interface SimulationSettings {
  readonly configurations: readonly Configuration[];
  readonly image: string | undefined;
  readonly diskBytes: number | undefined;
  /** A trace or the name of a workload. */
  readonly requests: string;
  readonly trace: GivenTraceOptions;
  /** As the workload says where undefined. */
  readonly content: ImagePreparation['content'] | undefined;
  readonly backing: ImagePreparation['backing'] | undefined;
  readonly qemu: QemuVersion | undefined;
  readonly ioLog: string | undefined;
}
