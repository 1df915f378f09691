/** How the modelled node was opened: what QEMU's `-drive` and the host decide. All sizes in bytes. */
export interface DriverOptions {
  /** Entries of the L2 cache (at least 2) and bytes of each (512 to one cluster). */
  readonly l2EntryCount: number;
  readonly l2EntryBytes: number;
  /** Refcount blocks in the refcount cache, at least 4. */
  readonly refcountTableCount: number;
  /** Each guest write ends with a flush (`cache=writethrough`, `directsync`). */
  readonly writethrough: boolean;
  /** `cache=unsafe`: no fdatasync is issued. */
  readonly noFlush: boolean;
  /** Request alignment of the file node: 1 in buffered modes, 512 or 4096 with `cache.direct=on`. */
  readonly requestAlignment: number;
  /** `discard=unmap` on the qcow2 node; otherwise guest discards are dropped. */
  readonly discard: boolean;
  /** `pass-discard-request`, `pass-discard-snapshot`, `pass-discard-other`. */
  readonly passDiscardRequest: boolean;
  readonly passDiscardSnapshot: boolean;
  readonly passDiscardOther: boolean;
  /** `discard-no-unref=on` (QEMU 8.1). */
  readonly discardNoUnref: boolean;
  /** `lazy-refcounts` as it is in effect: the option, or else the image's feature bit. */
  readonly lazyRefcounts: boolean;
  /** Bits as in `facts`: 0 main-header … 8 bitmap-directory; 7 is inactive-l2. */
  readonly overlapChecks: number;
  /** Whether the data node's file system zeroes a range in place (FALLOC_FL_ZERO_RANGE: ext4, xfs; not tmpfs, not block devices). */
  readonly zeroRange: boolean;
  /** QEMU's version, major × 100 + minor. */
  readonly qemuVersion: number;
  /** The options of the backing image, whose caches have sizes of their own; absent: the same. */
  readonly backing?: DriverOptions;
}
