import type { SettingValues } from './configuration.ts';

/** Where a disk's data is, as a domain or a command line says. */
export type DiskSource =
  | { readonly kind: 'file' | 'block'; readonly path: string }
  /** Not a file of this machine; `text` says what it is. */
  | { readonly kind: 'elsewhere'; readonly text: string }
  | { readonly kind: 'empty' };

/** Something about a disk that was noticed where it is described. */
export interface DiskRemark {
  /**
   * `refused`: QEMU or libvirt does not start with it. `ineffective`: a setting that does not do what it says there. `unread`: it points
   * to something that was not read.
   */
  readonly kind: 'refused' | 'ineffective' | 'unread';
  /** One sentence, without the disk's name. May hold text of the file. */
  readonly text: string;
}

/** A layer of the backing chain that is spelled out beside the disk. */
export interface DescribedLayer {
  readonly format: string | undefined;
  readonly source: DiskSource;
  readonly drive: SettingValues;
}

/** One disk of a libvirt domain or of a QEMU command line, in the terms of QEMU's own settings. All text is as the file has it. */
export interface DescribedDisk {
  /** What the guest or the command line calls it: `vda`, `drive0`. */
  readonly name: string;
  /** How its settings are written, and so how a change of them is said. */
  readonly place: 'drive' | 'blockdev' | 'libvirt';
  /** Where it stands, for messages: `line 12`, `-drive number 1`. */
  readonly where: string;
  readonly device: 'disk' | 'cdrom' | 'floppy';
  /** The format that is said; undefined where nothing is. */
  readonly format: string | undefined;
  readonly source: DiskSource;
  /** Run-time settings by QEMU's names, only those that are said. */
  readonly drive: SettingValues;
  readonly readOnly: boolean;
  /** Attributes of libvirt's `<driver>` as they stand there; absent on a command line. */
  readonly driverAttributes?: Readonly<Record<string, string>>;
  /** `virtio`, `scsi-hd`; undefined where nothing is said. */
  readonly bus: string | undefined;
  /** The backing layers that are spelled out, from the top down. */
  readonly layers: readonly DescribedLayer[];
  readonly remarks: readonly DiskRemark[];
}

/** A libvirt domain or a QEMU command line. */
export interface DescribedMachine {
  readonly kind: 'domain' | 'command-line';
  /** Name of the guest; undefined where it has none. */
  readonly name: string | undefined;
  readonly disks: readonly DescribedDisk[];
  /** Of the whole: files that are named and were not read. */
  readonly remarks: readonly DiskRemark[];
}
