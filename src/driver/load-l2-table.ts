import { compressedPlace } from '../qcow2/compressed-entry.ts';
import { damaged, hex, unsupported } from '../qcow2/damage.ts';
import type { ImageHeader } from '../qcow2/header.ts';
import type { ImageSource } from '../qcow2/image-source.ts';
import { COMPRESSED, COPIED, type CompressedCluster, HAS_OFFSET, L2Table, ZERO } from './l2-table.ts';

/** Host clusters are numbered below this. */
const clusterLimit = 2 ** 32;
/** The upper half of an entry that maps a cluster in place and says nothing else: COPIED, and no reserved bit. */
const copiedByte = 0x80;
/** Bits 56 to 61 and 1 to 8 of an entry that is not compressed are reserved. */
const reservedHigh = 0x3f00_0000;
const reservedLow = 0x1fe;

/** Where a table was found, for messages and for what only an external data file demands. */
export interface L2TablePlace {
  readonly offsetBytes: number;
  /** Guest cluster of the first entry; undefined for a table that only snapshots use. */
  readonly firstGuestCluster: number | undefined;
}

/**
 * Decodes one L2 table. One that maps a run of the file, each entry with refcount one, becomes a linear table, which costs a
 * few numbers; any other keeps 5 bytes an entry, or 13 with subclusters.
 * @throws ImageFormatError for what QEMU takes as corruption when it meets the entry
 * @source QEMU docs/interop/qcow2.txt, "Cluster mapping"; block/qcow2.h, qcow2_get_cluster_type and
 * qcow2_get_subcluster_type; block/qcow2-cluster.c, qcow2_get_host_offset (7.2.0)
 */
export function decodeL2Table(source: ImageSource, header: ImageHeader, place: L2TablePlace, bytes: Buffer): L2Table {
  const entryBytes = header.extendedL2 ? 16 : 8;
  const table = new L2Table(place.offsetBytes, bytes.length / entryBytes, header.extendedL2);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (readLinear(view, header, place, table)) return table;
  table.materialize();
  for (let index = 0; index < table.entryCount; index++) {
    const at = index * entryBytes;
    const high = view.getUint32(at);
    const low = view.getUint32(at + 4);
    const zeroes = header.extendedL2 ? view.getUint32(at + 8) : 0;
    const allocated = header.extendedL2 ? view.getUint32(at + 12) : 0;
    if ((high | low | zeroes | allocated) === 0) continue;
    const problem =
      (high & 0x4000_0000) !== 0
        ? compressedEntry(source, header, table, index, high, low, zeroes | allocated)
        : standardEntry(source, header, place, table, index, high, low, zeroes, allocated);
    if (problem !== undefined) {
      const entry = `entry ${index} (${hex(BigInt(high) * 2n ** 32n + BigInt(low))})`;
      const where = `the L2 table at ${hex(place.offsetBytes)}, ${entry}`;
      throw problem.startsWith('qtune ')
        ? unsupported(source, `${where}: ${problem}`)
        : damaged(source, `${where}: ${problem}`);
    }
  }
  return table;
}

/** True where the table has the form of a linear one, which is then set. */
function readLinear(view: DataView, header: ImageHeader, place: L2TablePlace, table: L2Table): boolean {
  const { clusterBytes, extendedL2 } = header;
  const entryBytes = extendedL2 ? 16 : 8;
  const firstLow = view.getUint32(4);
  const firstHigh = view.getUint32(0);
  const allocated = extendedL2 ? view.getUint32(12) : 0;
  let count = 0;
  if (firstHigh >>> 24 === copiedByte && (firstHigh & 0xff_ffff) < 2 ** 21) {
    const start = (firstHigh & 0xff_ffff) * 2 ** 32 + firstLow;
    const base = start / clusterBytes;
    if (start % clusterBytes !== 0 || (start === 0 && !header.externalData)) return false;
    if (base + table.entryCount > clusterLimit) return false;
    if (header.externalData && base !== (place.firstGuestCluster ?? base)) return false;
    let high = firstHigh;
    let low = firstLow;
    while (count < table.entryCount) {
      const at = count * entryBytes;
      if (view.getUint32(at) !== high || view.getUint32(at + 4) !== low) break;
      if (extendedL2 && (view.getUint32(at + 8) !== 0 || view.getUint32(at + 12) !== allocated)) break;
      count++;
      low = (low + clusterBytes) >>> 0;
      if (low < clusterBytes) high++;
    }
    table.setLinear(base, count, allocated);
  }
  for (let at = count * entryBytes; at < view.byteLength; at += 8) {
    if ((view.getUint32(at) | view.getUint32(at + 4)) !== 0) {
      table.setLinear(0, 0, 0);
      return false;
    }
  }
  return true;
}

/** Takes over an entry that is not compressed. Returns what is wrong with it. */
function standardEntry(
  source: ImageSource,
  header: ImageHeader,
  place: L2TablePlace,
  table: L2Table,
  index: number,
  high: number,
  low: number,
  zeroes: number,
  allocated: number,
): string | undefined {
  const { clusterBytes, extendedL2, externalData } = header;
  const copied = (high & 0x8000_0000) !== 0;
  const zero = !extendedL2 && (low & 1) !== 0;
  const offset = (high & 0xff_ffff) * 2 ** 32 + ((low & ~511) >>> 0);
  // Offset 0 is a place only in a data file, and there COPIED tells it from no place.
  const hasOffset = offset !== 0 || (externalData && copied && !zero);
  if ((high & reservedHigh) !== 0 || (low & reservedLow) !== 0) return 'reserved bits are set';
  if (zero && header.version < 3) return 'it reads as zeroes, which version 2 does not have';
  if (offset % clusterBytes !== 0) return `the cluster's offset ${hex(offset)} is no multiple of ${clusterBytes}`;
  if (offset / clusterBytes >= clusterLimit) {
    return `qtune reads images of less than 2^32 clusters; the cluster's offset is ${hex(offset)} in a file of ${source.lengthBytes} bytes`;
  }
  if ((zeroes & allocated) !== 0) return 'a subcluster is both allocated and zero';
  if (allocated !== 0 && !hasOffset) return 'a subcluster is allocated, but the cluster has no place';
  if (hasOffset && externalData && place.firstGuestCluster !== undefined) {
    const guest = (place.firstGuestCluster + index) * clusterBytes;
    if (offset !== guest) return `the cluster's offset is not the guest's ${hex(guest)}, as it must be in a data file`;
  }
  if (hasOffset) table.clusters[index] = offset / clusterBytes;
  table.flags[index] = (hasOffset ? HAS_OFFSET : 0) | (hasOffset && copied ? COPIED : 0) | (zero ? ZERO : 0);
  if (extendedL2) {
    table.allocated[index] = allocated;
    table.zeroes[index] = zeroes;
  }
  return undefined;
}

/** Takes over a compressed entry. Returns what is wrong with it. */
function compressedEntry(
  source: ImageSource,
  header: ImageHeader,
  table: L2Table,
  index: number,
  high: number,
  low: number,
  bitmap: number,
): string | undefined {
  if (header.externalData) return 'it is compressed, but the data is in a file of its own';
  if (bitmap !== 0) return 'it is compressed, but names subclusters';
  const place: CompressedCluster = compressedPlace(high, low, header.clusterBits);
  if (place.offsetBytes >= source.lengthBytes) {
    return `compressed data at ${hex(place.offsetBytes)}, but the file ends at ${hex(source.lengthBytes)}`;
  }
  table.flags[index] = COMPRESSED;
  table.compressed ??= new Map();
  table.compressed.set(index, place);
  return undefined;
}
