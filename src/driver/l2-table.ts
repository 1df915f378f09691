/** The entry has a place in the data file. */
export const HAS_OFFSET = 1;
/** Its cluster's refcount is exactly one: it may be written in place. */
export const COPIED = 2;
/** Reads as zeroes, whatever the offset says (version 3, standard entries). */
export const ZERO = 4;
/** The place is compressed data; the details are in {@link L2Table.compressed}. */
export const COMPRESSED = 8;

/** All subclusters of a cluster. */
export const ALL_SUBCLUSTERS = 0xffff_ffff;

/** Where the data of a compressed cluster lies: bytes in the image file, and the whole sectors that reading it takes. */
export interface CompressedCluster {
  readonly offsetBytes: number;
  /** Bytes that the driver reads: to the end of the last 512-byte sector that the entry names. */
  readonly lengthBytes: number;
}

/**
 * One L2 table, decoded. A table of a preallocated disk maps its clusters to one run of the file and stays in that form,
 * a few numbers, until an entry is changed.
 */
export class L2Table {
  /** Where the table lies in the image file. */
  offsetBytes: number;
  readonly entryCount: number;
  readonly extended: boolean;
  /** First host cluster of a linear table, or −1 once entries stand on their own. */
  linearBase: number;
  /** How many entries from the first on a linear table maps; the rest is unallocated. */
  linearCount: number;
  /** `linearBits`: subclusters of a linear table's entries that are allocated (all, or none after preallocation with subclusters). */
  linearAllocated: number;
  /** Host cluster number by entry. Empty while linear. */
  clusters: Uint32Array;
  /** Flags by entry, the sum of {@link HAS_OFFSET} and its kin. Empty while linear. */
  flags: Uint8Array;
  /** Extended entries: bit i of each word for subcluster i. Empty otherwise and while linear. */
  allocated: Uint32Array;
  zeroes: Uint32Array;
  /** By entry; absent until there is one. */
  compressed: Map<number, CompressedCluster> | undefined;
  /** Whether the arrays are another table's too; {@link materialize} ends that. */
  #shared = false;

  constructor(offsetBytes: number, entryCount: number, extended: boolean) {
    this.offsetBytes = offsetBytes;
    this.entryCount = entryCount;
    this.extended = extended;
    this.linearBase = 0;
    this.linearCount = 0;
    this.linearAllocated = 0;
    this.clusters = empty32;
    this.flags = empty8;
    this.allocated = empty32;
    this.zeroes = empty32;
  }

  /** Maps the first `count` entries to consecutive host clusters from `base` on, all with refcount one. */
  setLinear(base: number, count: number, allocated: number): void {
    this.linearBase = base;
    this.linearCount = count;
    this.linearAllocated = allocated >>> 0;
  }

  /** True while the table is kept as one run; {@link materialize} ends that. */
  get isLinear(): boolean {
    return this.linearBase >= 0;
  }

  /** Gives each entry a place of its own. Called before the first change of an entry. */
  materialize(): void {
    if (this.#shared) this.#unshare();
    if (this.linearBase < 0) return;
    const { linearBase, linearCount, entryCount } = this;
    this.clusters = new Uint32Array(entryCount);
    this.flags = new Uint8Array(entryCount);
    for (let index = 0; index < linearCount; index++) this.clusters[index] = linearBase + index;
    this.flags.fill(HAS_OFFSET | COPIED, 0, linearCount);
    if (this.extended) {
      this.allocated = new Uint32Array(entryCount);
      this.zeroes = new Uint32Array(entryCount);
      this.allocated.fill(this.linearAllocated, 0, linearCount);
    }
    this.linearBase = -1;
  }

  clone(): L2Table {
    const copy = this.share();
    copy.#unshare();
    return copy;
  }

  /** A copy whose entries are copied when either of the two first changes one. */
  share(): L2Table {
    const copy = new L2Table(this.offsetBytes, this.entryCount, this.extended);
    copy.linearBase = this.linearBase;
    copy.linearCount = this.linearCount;
    copy.linearAllocated = this.linearAllocated;
    copy.clusters = this.clusters;
    copy.flags = this.flags;
    copy.allocated = this.allocated;
    copy.zeroes = this.zeroes;
    copy.compressed = this.compressed === undefined ? undefined : new Map(this.compressed);
    copy.#shared = true;
    this.#shared = true;
    return copy;
  }

  #unshare(): void {
    this.#shared = false;
    this.clusters = this.clusters.slice();
    this.flags = this.flags.slice();
    this.allocated = this.allocated.slice();
    this.zeroes = this.zeroes.slice();
  }
}

const empty32 = new Uint32Array(0);
const empty8 = new Uint8Array(0);
