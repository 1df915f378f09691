import type { Warning } from '../warnings.ts';
import type { Load, WorkloadPart } from './load.ts';
import type { RequestBlock } from './request.ts';

/** What the image holds before the first request. */
export interface ImagePreparation {
  /**
   * `empty`: as `qemu-img create` leaves it. `mapped`: every cluster has a mapping and a place in the file, but its
   * data is a hole (`preallocation=metadata`), so that a disk of terabytes is measurable in little space.
   * `full`: every cluster was written once, sequentially.
   */
  readonly content: 'empty' | 'mapped' | 'full';
  /**
   * The backing file that qtune makes for the workload: none, or one of the disk's size in the given format, whose
   * data is `holes` or `data` (written). QEMU's driver reads and copies the holes of a qcow2 file, whose clusters are
   * all allocated; over a raw sparse file QEMU 11.1 writes zeroes instead.
   */
  readonly backing: 'none' | { readonly format: 'raw' | 'qcow2'; readonly content: 'holes' | 'data' };
  /**
   * `fresh`: made anew for every trial. `restored`: made once per configuration and copied for every trial.
   * `shared`: made once per configuration and used by all its trials; only for workloads that do not write.
   */
  readonly state: 'fresh' | 'restored' | 'shared';
}

/**
 * A finite, seeded sequence of guest requests together with the disk that they are meant for: fully resolved, nothing
 * random left. The same workload yields the same requests on every call and every machine.
 */
export interface Workload {
  /** The profile's name, e.g. `l2-cache-20g`, or the file's base name. */
  readonly name: string;
  readonly title: string;
  /** Where the pattern comes from: a document and section, a tool, a measurement. */
  readonly source: string;
  readonly diskBytes: number;
  readonly seed: number;
  readonly image: ImagePreparation;
  /** Requests at the start that are run but not measured, so that caches are in their steady state. */
  readonly warmUpCount: number;
  /**
   * Whether all measured requests are drawn from one pattern, so that on an image that nothing changes they should cost the
   * same from the first to the last. Absent where that is not known, as of a recording.
   */
  readonly isUniform?: boolean;
  /** Whether requests carry the times at which they were recorded. */
  readonly isTimed?: boolean;
  /** How the requests are offered where an engine can do more than one at a time; absent for one after the other. */
  readonly load?: Load;
  /** Jobs that run side by side, where there are several; each with its own load, in place of `load`. */
  readonly parts?: readonly WorkloadPart[];
  /** What of the file was not taken over as it stands there; for the reports of every command that uses the workload. */
  readonly warnings?: readonly Warning[];
  /** All requests, the warm-up included. */
  readonly requestCount: number;
  /** Canonical plain data that determines the requests; hashed into trial ids. */
  readonly identity: unknown;
  /** A new pass over all requests from the first. Blocks are reused: copy what you keep. */
  requests(): Iterable<RequestBlock>;
}
