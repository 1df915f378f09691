import { compressedPlace } from '../compressed-entry.ts';
import { hex } from '../damage.ts';
import type { ImageHeader } from '../header.ts';
import type { ImageSource } from '../image-source.ts';
import type { ClusterCounts } from './cluster-counts.ts';
import type { DamageList } from './damage-list.ts';
import { ExtentCounter } from './extent-counter.ts';

const reservedHigh = 0x3f00_0000;
const reservedLow = 0x1fe;

/** What the active L2 tables say, in clusters; the names are those of `qemu-img check` where it has them. */
export interface L2Counts {
  /** With a place in the file: data, compressed data and zero clusters that keep their place. */
  allocated: number;
  compressed: number;
  /** Allocated ones that do not follow the one before in the file; all compressed ones. */
  fragmented: number;
  /** Zero clusters without a place. */
  zeroPlain: number;
  /** Zero clusters that keep their place. */
  zeroAllocated: number;
}

/** Goes through L2 tables one at a time: counts what is mapped, and who refers to which cluster. */
export class L2Census {
  readonly counts: L2Counts = { allocated: 0, compressed: 0, fragmented: 0, zeroPlain: 0, zeroAllocated: 0 };
  readonly extents: ExtentCounter;
  readonly #source: ImageSource;
  readonly #header: ImageHeader;
  readonly #references: ClusterCounts;
  readonly #refcounts: ClusterCounts | undefined;
  readonly #damage: DamageList;
  #nextHost = 0;

  /** @param refcounts absent where the refcounts are known to be out of date and nothing is compared with them */
  constructor(
    source: ImageSource,
    header: ImageHeader,
    references: ClusterCounts,
    refcounts: ClusterCounts | undefined,
    damage: DamageList,
  ) {
    this.#source = source;
    this.#header = header;
    this.#references = references;
    this.#refcounts = refcounts;
    this.#damage = damage;
    this.extents = new ExtentCounter(header.virtualBytes);
  }

  /**
   * @param offset the table's place in the file, bytes
   * @param users how many L1 tables name it
   * @param firstGuestCluster guest cluster of the first entry; undefined for a table that only snapshots use, which is not counted
   * @source QEMU docs/interop/qcow2.txt, "Cluster mapping"; block/qcow2-refcount.c, check_refcounts_l2 (7.2.0)
   */
  take(bytes: Buffer, offset: number, users: number, firstGuestCluster: number | undefined): void {
    const entryBytes = this.#header.extendedL2 ? 16 : 8;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#nextHost = 0;
    for (let at = 0; at < bytes.length; at += entryBytes) {
      const high = view.getUint32(at);
      const low = view.getUint32(at + 4);
      const zeroes = entryBytes === 16 ? view.getUint32(at + 8) : 0;
      const allocated = entryBytes === 16 ? view.getUint32(at + 12) : 0;
      if ((high | low | zeroes | allocated) === 0) continue;
      const index = at / entryBytes;
      const guest = firstGuestCluster === undefined ? undefined : firstGuestCluster + index;
      const problem =
        (high & 0x4000_0000) !== 0
          ? this.#compressed(high, low, zeroes | allocated, users, guest)
          : this.#standard(high, low, zeroes, allocated, users, guest);
      if (problem === undefined) continue;
      const entry = hex(BigInt(high) * 2n ** 32n + BigInt(low));
      this.#damage.add('l2-entry', () => `the L2 table at ${hex(offset)}, entry ${index} (${entry}): ${problem}`);
    }
  }

  /** Returns what is wrong with the entry; what can be counted of it is. */
  #standard(
    high: number,
    low: number,
    zeroes: number,
    allocated: number,
    users: number,
    guest: number | undefined,
  ): string | undefined {
    const { clusterBytes, extendedL2, externalData, version } = this.#header;
    const copied = high >= 0x8000_0000;
    const zero = !extendedL2 && (low & 1) !== 0;
    const host = (high & 0xff_ffff) * 2 ** 32 + ((low & ~511) >>> 0);
    const hasPlace = host !== 0 || (externalData && copied && !zero);
    if ((high & reservedHigh) !== 0 || (low & (extendedL2 ? 0x1ff : reservedLow)) !== 0) return 'reserved bits are set';
    if (zero && version < 3) return 'it reads as zeroes, which version 2 does not have';
    if (host % clusterBytes !== 0) return `the cluster's offset ${hex(host)} is no multiple of ${clusterBytes}`;
    if ((zeroes & allocated) !== 0) return 'a subcluster is both allocated and zero';
    if (!hasPlace) {
      if (allocated !== 0) return 'a subcluster is allocated, but the cluster has no place';
      if (guest !== undefined) this.counts.zeroPlain++;
      return undefined;
    }
    if (guest !== undefined) this.#countAllocated(host, zero, allocated, guest);
    if (externalData) return undefined;
    if (host >= this.#source.lengthBytes) {
      return `the cluster's offset is ${hex(host)}, but the file ends at ${hex(this.#source.lengthBytes)}`;
    }
    const cluster = host / clusterBytes;
    this.#references.add(cluster, users);
    if (guest !== undefined) this.#checkCopied(copied, cluster, guest);
    return undefined;
  }

  #countAllocated(host: number, zero: boolean, allocated: number, guest: number): void {
    const { clusterBytes, extendedL2 } = this.#header;
    this.counts.allocated++;
    if (zero) this.counts.zeroAllocated++;
    if (this.#nextHost !== 0 && host !== this.#nextHost) this.counts.fragmented++;
    this.#nextHost = host + clusterBytes;
    if (zero) return;
    const start = guest * clusterBytes;
    if (!extendedL2 || allocated === 0xffff_ffff) {
      this.extents.add(start, host, clusterBytes);
      return;
    }
    const piece = clusterBytes / 32;
    for (let bit = 0; bit < 32; bit++) {
      if ((allocated >>> bit) & 1) this.extents.add(start + bit * piece, host + bit * piece, piece);
    }
  }

  #compressed(high: number, low: number, bitmap: number, users: number, guest: number | undefined): string | undefined {
    const { clusterBytes, clusterBits, externalData } = this.#header;
    if (externalData) return 'it is compressed, but the data is in a file of its own';
    if (high >= 0x8000_0000) return 'it is compressed and marked as one to write in place';
    if (bitmap !== 0) return 'it is compressed, but names subclusters';
    const { offsetBytes, lengthBytes } = compressedPlace(high, low, clusterBits);
    if (offsetBytes + lengthBytes - this.#source.lengthBytes >= clusterBytes) {
      return `compressed data at ${hex(offsetBytes)}, but the file ends at ${hex(this.#source.lengthBytes)}`;
    }
    const last = Math.floor((offsetBytes + lengthBytes - 1) / clusterBytes);
    for (let cluster = Math.floor(offsetBytes / clusterBytes); cluster <= last; cluster++) {
      this.#references.add(cluster, users);
    }
    if (guest !== undefined) {
      this.counts.allocated++;
      this.counts.compressed++;
      this.counts.fragmented++;
      this.extents.add(guest * clusterBytes, -1, clusterBytes);
    }
    return undefined;
  }

  /** Bit 63 says that the refcount is exactly one. @source QEMU block/qcow2-refcount.c, check_oflag_copied (7.2.0) */
  #checkCopied(copied: boolean, cluster: number, guest: number): void {
    if (this.#refcounts === undefined) return;
    const refcount = this.#refcounts.get(cluster);
    if ((refcount === 1) === copied) return;
    this.#damage.add(
      'copied-flag',
      () =>
        `guest cluster ${guest} at ${hex(cluster * this.#header.clusterBytes)} ${copied ? 'is' : 'is not'} marked as used once, but its refcount is ${refcount}`,
    );
  }
}
