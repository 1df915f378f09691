import { damaged, hex } from '../qcow2/damage.ts';
import { roundUp } from '../qcow2/geometry.ts';
import type { ImageSource } from '../qcow2/image-source.ts';
import { tableEntryBytes } from '../qcow2/limits.ts';
import type { LoadedMetadata } from './load-metadata.ts';

const kinds = [
  'header',
  'L1 table',
  'L1 table of a snapshot',
  'snapshot table',
  'refcount table',
  'refcount block',
  'L2 table',
];
const HEADER = 0;
const L1 = 1;
const SNAPSHOT_L1 = 2;
const SNAPSHOT_TABLE = 3;
const REFCOUNT_TABLE = 4;
const REFCOUNT_BLOCK = 5;
const L2 = 6;

/** Where an image's metadata lies, in no order. A table takes whole clusters; its length is what it fills of them. */
export class MetadataExtents {
  readonly #offsets: number[] = [];
  readonly #lengths: number[] = [];
  readonly #kinds: number[] = [];
  readonly #clusterBytes: number;

  constructor(metadata: LoadedMetadata) {
    const { header } = metadata;
    const { clusterBytes } = header;
    this.#clusterBytes = clusterBytes;
    this.#add(HEADER, 0, clusterBytes);
    this.#add(L1, metadata.active.offsetBytes, metadata.active.offsets.length * tableEntryBytes);
    for (const l1 of metadata.snapshots) this.#add(SNAPSHOT_L1, l1.offsetBytes, l1.offsets.length * tableEntryBytes);
    this.#add(SNAPSHOT_TABLE, header.snapshotTableOffsetBytes, metadata.snapshotTableBytes);
    this.#add(REFCOUNT_TABLE, header.refcountTableOffsetBytes, header.refcountTableClusters * clusterBytes);
    for (const offset of metadata.refcountTable) if (offset !== 0) this.#add(REFCOUNT_BLOCK, offset, clusterBytes);
    for (const offset of metadata.l2Tables.keys()) this.#add(L2, offset, clusterBytes);
  }

  visit(take: (offset: number, lengthBytes: number, kind: string) => void): void {
    for (let index = 0; index < this.#offsets.length; index++) {
      take(
        this.#offsets[index] as number,
        this.#lengths[index] as number,
        kinds[this.#kinds[index] as number] as string,
      );
    }
  }

  /** @throws ImageFormatError where two tables lie in one cluster */
  refuseOverlaps(source: ImageSource): void {
    const order = Uint32Array.from(this.#offsets.keys()).sort(
      (one, other) => (this.#offsets[one] as number) - (this.#offsets[other] as number),
    );
    for (let index = 1; index < order.length; index++) {
      const before = order[index - 1] as number;
      const after = order[index] as number;
      const end = roundUp((this.#offsets[before] as number) + (this.#lengths[before] as number), this.#clusterBytes);
      if (end > (this.#offsets[after] as number)) {
        throw damaged(
          source,
          `the ${this.#describe(before)} and the ${this.#describe(after)} lie in the same clusters`,
        );
      }
    }
  }

  #describe(index: number): string {
    return `${kinds[this.#kinds[index] as number]} at ${hex(this.#offsets[index] as number)}`;
  }

  #add(kind: number, offset: number, lengthBytes: number): void {
    if (lengthBytes === 0) return;
    this.#offsets.push(offset);
    this.#lengths.push(lengthBytes);
    this.#kinds.push(kind);
  }
}
