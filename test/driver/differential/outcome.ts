import type { Difference } from './compare.ts';
import type { HostIo } from './strace-log.ts';

/** What one case showed. */
export type Outcome =
  /** Every I/O is as the model says. */
  | { readonly kind: 'same'; readonly ios: number }
  /** QEMU itself does not do the same every time: no verdict. */
  | { readonly kind: 'unrepeatable' }
  /** QEMU does not do what the case asks for: no verdict. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'different'; readonly mismatch: Mismatch };

export interface Mismatch {
  /** What differs, in a line. */
  readonly what: string;
  readonly difference: Difference | undefined;
  readonly model: readonly (readonly HostIo[])[];
  readonly real: readonly (readonly HostIo[])[];
}

export interface Bench {
  /** A directory for the files of one case after another. */
  readonly directory: string;
  /** Directory of the QEMU tools; undefined for those on PATH. */
  readonly bin: string | undefined;
  /** Major × 100 + minor. */
  readonly qemuVersion: number;
}
