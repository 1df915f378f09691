import { ImageFormatError } from '../../errors.ts';
import { hex } from '../damage.ts';
import { type ImageHeader, readHeader } from '../header.ts';
import { type ImageSource, readBytes } from '../image-source.ts';
import { tableEntryBytes } from '../limits.ts';
import { readOffsetTable } from '../offset-table.ts';
import { decodeRefcountBlock } from '../refcount-block.ts';
import { readSnapshotTable, type SnapshotEntry } from '../snapshot-table.ts';
import { visitBitmaps } from './bitmap-references.ts';
import { ClusterCounts } from './cluster-counts.ts';
import { compareRefcounts } from './compare-refcounts.ts';
import { type Damage, DamageList } from './damage-list.ts';
import { L2Census, type L2Counts } from './l2-census.ts';

/** Most memory for one of the two lists of counts, bytes; one byte a cluster: 8 TiB of file with clusters of 64 KiB. */
const countsBudgetBytes = 128 * 1024 ** 2;

/** What the tables of an image say. */
export interface ImageCensus extends Readonly<L2Counts> {
  readonly header: ImageHeader;
  /** L2 tables that the active L1 table names. */
  readonly l2TableCount: number;
  /** Pieces in which the guest's data lies in the file; see {@link ExtentCounter}. */
  readonly dataExtentCount: number;
  /** The longest of them, bytes; 0 where all is compressed or nothing is there. */
  readonly longestExtentBytes: number;
  /** Clusters of the file with a refcount above 0. */
  readonly usedClusterCount: number;
  readonly damage: readonly Damage[];
  /** False where refcounts were not compared with what refers to the clusters, and {@link whyUnchecked} says why. */
  readonly referencesChecked: boolean;
  readonly whyUnchecked: string | undefined;
}

/**
 * Reads all tables of an image once and counts what they say. Yields the part that is done, 0 to 1, so that the caller can show it or
 * stop. Damage is collected and read past where the rest still makes sense. At most 256 MiB of memory, whatever the image claims; time
 * follows what the file holds on disk.
 * @throws ImageFormatError where the header is damaged or the tables claim far more than the file holds
 * @source QEMU block/qcow2-refcount.c, qcow2_check_refcounts (7.2.0)
 */
export function* inspectImage(source: ImageSource): Generator<number, ImageCensus> {
  const header = readHeader(source, { describe: true });
  return yield* new ImageInspection(source, header).run();
}

class ImageInspection {
  readonly #source: ImageSource;
  readonly #header: ImageHeader;
  readonly #damage = new DamageList();
  readonly #references = new ClusterCounts(countsBudgetBytes);
  readonly #refcounts = new ClusterCounts(countsBudgetBytes);
  /** Tables of the active image and, where their own L1 tables name others, of snapshots: how many name each. */
  readonly #users = new Map<number, number>();

  constructor(source: ImageSource, header: ImageHeader) {
    this.#source = source;
    this.#header = header;
  }

  *run(): Generator<number, ImageCensus> {
    const header = this.#header;
    const whyUnchecked = this.#whyUnchecked();
    this.#referToHeader();
    yield* this.#readRefcounts();
    const active = this.#readL1('the L1 table', header.l1OffsetBytes, header.l1EntryCount);
    for (const [index, { l1OffsetBytes, l1EntryCount }] of this.#snapshots().entries()) {
      this.#readL1(`the L1 table of snapshot ${index}`, l1OffsetBytes, l1EntryCount);
      yield 0.5;
    }
    const known = whyUnchecked === undefined && this.#refcounts.isComplete ? this.#refcounts : undefined;
    const census = new L2Census(this.#source, header, this.#references, known, this.#damage);
    if (known !== undefined) this.#checkCopiedTables(active);
    const l2TableCount = yield* this.#readL2Tables(census, active.offsets);
    const complete = this.#references.isComplete && this.#refcounts.isComplete;
    const compared = compareRefcounts(
      this.#source,
      header,
      this.#references,
      this.#refcounts,
      whyUnchecked === undefined && complete ? this.#damage : undefined,
    );
    return {
      header,
      ...census.counts,
      l2TableCount,
      dataExtentCount: census.extents.count,
      longestExtentBytes: census.extents.longestBytes,
      usedClusterCount: compared.usedClusterCount,
      damage: this.#damage.all(),
      referencesChecked: whyUnchecked === undefined && complete,
      whyUnchecked: whyUnchecked ?? (complete ? undefined : 'the file has more clusters than are followed'),
    };
  }

  #whyUnchecked(): string | undefined {
    const { dirty, unknownFeatures } = this.#header;
    if (dirty) return 'the image was not closed cleanly, so that its refcounts are out of date';
    if (unknownFeatures.length > 0) return 'the image has features that qtune does not know';
    return undefined;
  }

  #refer(offset: number, lengthBytes: number, times = 1): void {
    const { clusterBytes } = this.#header;
    const end = Math.min(this.#source.lengthBytes, offset + lengthBytes);
    for (let cluster = Math.floor(offset / clusterBytes); cluster * clusterBytes < end; cluster++) {
      this.#references.add(cluster, times);
    }
  }

  /** Everything that the header names itself. */
  #referToHeader(): void {
    const header = this.#header;
    const { encryptionHeader } = header.extensions;
    this.#refer(0, header.clusterBytes);
    this.#refer(header.refcountTableOffsetBytes, header.refcountTableClusters * header.clusterBytes);
    if (encryptionHeader) this.#refer(encryptionHeader.offsetBytes, encryptionHeader.lengthBytes);
    const problem = visitBitmaps(this.#source, header, (offset, lengthBytes) => this.#refer(offset, lengthBytes));
    if (problem !== undefined) this.#damage.add('bitmaps', () => problem);
  }

  *#readRefcounts(): Generator<number, void> {
    const { clusterBytes, refcountBits, refcountTableOffsetBytes, refcountTableClusters } = this.#header;
    const { offsets } = readOffsetTable(this.#source, {
      name: `the refcount table at ${hex(refcountTableOffsetBytes)}`,
      offset: refcountTableOffsetBytes,
      entryCount: (refcountTableClusters * clusterBytes) / tableEntryBytes,
      clusterBytes,
      target: 'refcount block',
      wideOffsets: true,
      onDamage: (message) => this.#damage.add('refcount-entry', () => message),
    });
    const entriesPerBlock = (clusterBytes * 8) / refcountBits;
    const fileClusters = Math.ceil(this.#source.lengthBytes / clusterBytes);
    const block = readBytes(this.#source, 0, clusterBytes);
    for (let index = 0; index < offsets.length; index++) {
      const offset = offsets[index] as number;
      if (offset === 0) continue;
      this.#refer(offset, clusterBytes);
      this.#source.read(offset, block);
      decodeRefcountBlock(block, refcountBits, (first, count, refcount) => {
        const cluster = index * entriesPerBlock + first;
        // What lies behind the end of the file is nobody's.
        if (cluster < fileClusters) this.#refcounts.fill(cluster, Math.min(count, fileClusters - cluster), refcount);
      });
      yield (index / offsets.length) * 0.4;
    }
  }

  /** Reads an L1 table and notes who names which L2 table. */
  #readL1(what: string, offset: number, entryCount: number) {
    const { clusterBytes } = this.#header;
    this.#refer(offset, entryCount * tableEntryBytes);
    const table = readOffsetTable(this.#source, {
      name: `${what} at ${hex(offset)}`,
      offset,
      entryCount,
      clusterBytes,
      target: 'L2 table',
      wideOffsets: false,
      onDamage: (message) => this.#damage.add('l1-entry', () => message),
    });
    for (const l2 of table.offsets) {
      if (l2 === 0) continue;
      this.#refer(l2, clusterBytes);
      this.#users.set(l2, (this.#users.get(l2) ?? 0) + 1);
    }
    return table;
  }

  #snapshots(): readonly SnapshotEntry[] {
    if (this.#header.snapshotCount === 0) return [];
    try {
      const table = readSnapshotTable(this.#source, this.#header);
      this.#refer(this.#header.snapshotTableOffsetBytes, table.lengthBytes);
      return table.entries;
    } catch (error) {
      if (!(error instanceof ImageFormatError)) throw error;
      const message = error.message.replace(`${this.#source.name}: the image is damaged: `, '');
      this.#damage.add('snapshot-table', () => message);
      return [];
    }
  }

  #checkCopiedTables({ offsets, copied }: { readonly offsets: Float64Array; readonly copied: Uint8Array }): void {
    for (let index = 0; index < offsets.length; index++) {
      const offset = offsets[index] as number;
      if (offset === 0) continue;
      const refcount = this.#refcounts.get(offset / this.#header.clusterBytes);
      const marked = copied[index] === 1;
      if ((refcount === 1) === marked) continue;
      this.#damage.add(
        'copied-flag',
        () =>
          `the L1 table, entry ${index}: the L2 table at ${hex(offset)} ${marked ? 'is' : 'is not'} marked as used once, but its refcount is ${refcount}`,
      );
    }
  }

  /** Every L2 table once, those of the active image first and in the guest's order. Returns how many of them are active. */
  *#readL2Tables(census: L2Census, active: Float64Array): Generator<number, number> {
    const { clusterBytes, extendedL2 } = this.#header;
    const entriesPerTable = clusterBytes / (extendedL2 ? 16 : 8);
    const total = Math.max(1, this.#users.size);
    const bytes = readBytes(this.#source, 0, clusterBytes);
    let done = 0;
    let l2TableCount = 0;
    for (let index = 0; index < active.length; index++) {
      const offset = active[index] as number;
      if (offset === 0) continue;
      l2TableCount++;
      this.#source.read(offset, bytes);
      census.take(bytes, offset, this.#users.get(offset) ?? 0, index * entriesPerTable);
      // A second entry that names it adds to the counts, as in QEMU, but its references are there already.
      this.#users.set(offset, 0);
      yield 0.4 + (0.6 * ++done) / total;
    }
    for (const [offset, users] of this.#users) {
      if (users === 0) continue;
      this.#source.read(offset, bytes);
      census.take(bytes, offset, users, undefined);
      yield 0.4 + (0.6 * ++done) / total;
    }
    return l2TableCount;
  }
}
