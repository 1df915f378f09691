import { damaged, hex } from './damage.ts';
import { type ImageSource, readBytes } from './image-source.ts';
import { tableEntryBytes } from './limits.ts';

/** Entries that are read and decoded at once. */
const pieceEntries = 8192;

/** A table of 64-bit entries that hold the offset of a cluster: an L1 table or the refcount table. */
export interface OffsetTable {
  /** Offsets in bytes; 0 where the entry names nothing. */
  readonly offsets: Float64Array;
  /** 1 where bit 63 is set: of an L1 entry, that the L2 table's refcount is exactly one. */
  readonly copied: Uint8Array;
}

/** Bits 0 to 8 of any entry, and bits 56 to 62 of an L1 entry, are reserved: 0 in every version so far. */
const reservedLow = 0x1ff;
const reservedL1High = 0x7f00_0000;

/** Which table to read. {@link checkTable} has accepted its place and length. */
export interface OffsetTablePlace {
  /** What the table is and where, for messages: `L1 table at 0x30000`. */
  readonly name: string;
  readonly offset: number;
  readonly entryCount: number;
  readonly clusterBytes: number;
  /** What an entry points to: `L2 table`. */
  readonly target: string;
  /** Bits 56 to 63 belong to the offset too: the refcount table has no flags there. */
  readonly wideOffsets: boolean;
  /** Takes what is wrong with an entry, which then counts as naming nothing; without it the first such entry is an error. */
  readonly onDamage?: (message: string) => void;
}

/**
 * Reads a table whose entries are offsets.
 * @throws ImageFormatError for an offset that is no multiple of the cluster size or beyond the file's end, and for reserved
 * bits, which `qemu-img check` calls corruption too
 * @source QEMU docs/interop/qcow2.txt, "L1 table entry" (offset in bits 9 to 55, bit 63 COPIED) and "Refcount table entry"
 * (offset in bits 9 to 63)
 */
export function readOffsetTable(source: ImageSource, place: OffsetTablePlace): OffsetTable {
  const { offset, entryCount, clusterBytes } = place;
  const offsets = new Float64Array(entryCount);
  const copied = new Uint8Array(place.wideOffsets ? 0 : entryCount);
  const highMask = place.wideOffsets ? 0xffff_ffff : 0x00ff_ffff;
  for (let first = 0; first < entryCount; first += pieceEntries) {
    const count = Math.min(pieceEntries, entryCount - first);
    const bytes = readBytes(source, offset + first * tableEntryBytes, count * tableEntryBytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let index = 0; index < count; index++) {
      const high = view.getUint32(index * 8);
      const low = view.getUint32(index * 8 + 4);
      if ((high | low) === 0) continue;
      if ((low & reservedLow) !== 0 || (!place.wideOffsets && (high & reservedL1High) !== 0)) {
        const entry = hex(BigInt(high) * 2n ** 32n + BigInt(low));
        refuse(source, place, `${place.name}, entry ${first + index} (${entry}): reserved bits are set`);
        continue;
      }
      const value = ((high & highMask) >>> 0) * 2 ** 32 + low;
      if (value === 0) continue;
      if (value % clusterBytes !== 0 || value >= source.lengthBytes) {
        refuse(source, place, badEntry(source, place, first + index, value));
        continue;
      }
      offsets[first + index] = value;
      if (!place.wideOffsets && high >= 0x8000_0000) copied[first + index] = 1;
    }
  }
  return { offsets, copied };
}

function refuse(source: ImageSource, { onDamage }: OffsetTablePlace, message: string): void {
  if (onDamage === undefined) throw damaged(source, message);
  onDamage(message);
}

function badEntry(source: ImageSource, place: OffsetTablePlace, index: number, value: number): string {
  const entry = `${place.name}, entry ${index}: the ${place.target}'s offset is ${hex(value)}`;
  return value % place.clusterBytes !== 0
    ? `${entry}, which is no multiple of the cluster size ${place.clusterBytes}`
    : `${entry}, but the file ends at ${hex(source.lengthBytes)}`;
}
