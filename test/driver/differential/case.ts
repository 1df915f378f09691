import type { Preallocation } from '../../../src/qcow2/measure.ts';
import type { CacheMode } from '../../../src/settings/cache-mode.ts';

/** What qemu-io is told, by the kind of request that the driver sees. */
export type CommandKind = 'read' | 'write' | 'zero' | 'zero-unmap' | 'discard' | 'flush' | 'write-compressed';

/** One request; bytes, multiples of 512. Both are 0 for a flush. */
export interface Command {
  readonly kind: CommandKind;
  readonly offset: number;
  readonly length: number;
}

/** What is done to an image before it is measured: requests through qemu-io, internal snapshots, and closing and opening it again. */
export type Step = Command | { readonly kind: 'snapshot' | 'reopen' };

/** What lies beneath an image, and what was written to it. */
export interface BackingSpec {
  readonly format: 'raw' | 'qcow2';
  readonly virtualBytes: number;
  readonly clusterBytes: number;
  readonly extendedL2: boolean;
  readonly commands: readonly Command[];
  readonly backing: BackingSpec | undefined;
}

export interface ImageSpec {
  readonly virtualBytes: number;
  readonly clusterBytes: number;
  readonly extendedL2: boolean;
  readonly refcountBits: number;
  readonly version: 2 | 3;
  readonly lazyRefcounts: boolean;
  readonly preallocation: Preallocation;
  readonly dataFile: 'none' | 'plain' | 'raw';
  readonly backing: BackingSpec | undefined;
}

/** How the image is opened for the measured run. An absent option is not given to QEMU. */
export interface DriveSpec {
  readonly mode: CacheMode;
  readonly discard: boolean;
  /** `l2-cache-size`, `l2-cache-entry-size`, `refcount-cache-size`, `overlap-check`, `pass-discard-*`, `lazy-refcounts` … */
  readonly options: Readonly<Record<string, number | boolean | string>>;
}

/** One experiment: an image, its past, and the requests whose host I/O is compared. */
export interface DifferentialCase {
  readonly image: ImageSpec;
  readonly steps: readonly Step[];
  readonly drive: DriveSpec;
  readonly commands: readonly Command[];
}

/** Told from snapshots and the like. */
export function isCommand(step: Step): step is Command {
  return step.kind !== 'snapshot' && step.kind !== 'reopen';
}

/** True where the driver may serve a request in parts that run side by side, so that their order is chance. */
export function maySplit(command: Command, image: ImageSpec): boolean {
  const isZero = command.kind === 'zero' || command.kind === 'zero-unmap';
  // Zeroes become data where the entry has no bit for them, or none for a part of a compressed cluster.
  if (isZero && image.version === 3 && !image.extendedL2) return false;
  if (!isZero && command.kind !== 'read' && command.kind !== 'write') return false;
  if (image.extendedL2 && command.kind === 'read') return true;
  const first = Math.floor(command.offset / image.clusterBytes);
  return Math.floor((command.offset + command.length - 1) / image.clusterBytes) > first;
}

/** A command as qemu-io reads it. */
export function commandText(command: Command): string {
  const { kind, offset, length } = command;
  if (kind === 'flush') return 'flush';
  const range = `${offset} ${length}`;
  if (kind === 'zero') return `write -q -z ${range}`;
  if (kind === 'zero-unmap') return `write -q -z -u ${range}`;
  if (kind === 'write-compressed') return `write -q -c ${range}`;
  return `${kind} -q ${range}`;
}
