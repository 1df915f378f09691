import { cText } from './c-text.ts';
import { damaged, hex, unsupported } from './damage.ts';
import { autoclear, compatible, incompatible, unknownIncompatibleBits } from './features.ts';
import { type HeaderExtensions, readFeatureNames, readHeaderExtensions } from './header-extensions.ts';
import { type ImageSource, readBytes } from './image-source.ts';
import {
  maximumClusterBytes,
  maximumL1Bytes,
  maximumRefcountTableBytes,
  maximumSnapshotCount,
  minimumClusterBytes,
  minimumExtendedClusterBytes,
  tableEntryBytes,
} from './limits.ts';
import { checkTable, safeOffset } from './table.ts';

/** Every image starts with these four bytes: "QFI" and 0xfb. */
export const qcow2Magic = 0x5146_49fb;

const version2HeaderBytes = 72;
const version3HeaderBytes = 104;
/** Fixed part of an entry of the snapshot table. */
const snapshotFixedBytes = 40;
const longestBackingName = 1023;
const encryptionMethods = ['none', 'AES', 'LUKS'] as const;

/** The header of an image, checked: sizes are within QEMU's limits and tables start inside the file. */
export interface ImageHeader {
  readonly version: 2 | 3;
  readonly clusterBits: number;
  readonly clusterBytes: number;
  /** Virtual size in bytes as QEMU uses it: whole sectors of 512 bytes. */
  readonly virtualBytes: number;
  readonly l1OffsetBytes: number;
  readonly l1EntryCount: number;
  readonly refcountTableOffsetBytes: number;
  readonly refcountTableClusters: number;
  /** 1, 2, 4, 8, 16, 32 or 64. */
  readonly refcountBits: number;
  readonly snapshotTableOffsetBytes: number;
  readonly snapshotCount: number;
  readonly dirty: boolean;
  readonly lazyRefcounts: boolean;
  readonly extendedL2: boolean;
  readonly externalData: boolean;
  readonly dataFileRaw: boolean;
  /** The image says that its persistent bitmaps are valid. */
  readonly bitmaps: boolean;
  readonly compression: 'zlib' | 'zstd';
  /** Marked as corrupt; only where {@link ReadHeaderOptions.describe} lets it through. */
  readonly corrupt: boolean;
  /** How the data is encrypted; as above. */
  readonly encryption: 'none' | 'AES' | 'LUKS' | 'unknown';
  /** Incompatible features that qtune does not know, by number and, where the image has one, name; as above. */
  readonly unknownFeatures: readonly string[];
  readonly extensions: HeaderExtensions;
  /** Name of the backing file, as it stands in the image; empty for none. */
  readonly backingName: string;
}

export interface ReadHeaderOptions {
  /**
   * Let through what is sound but cannot be simulated (a corrupt bit, encryption, unknown features), to tell what an image is. Its
   * data is not what the tables say then.
   */
  readonly describe?: boolean;
}

/**
 * Reads and checks the header with its extensions. The order of the checks is QEMU's, so that the first thing wrong is the
 * one that QEMU names too.
 * @throws ImageFormatError naming the field, what it says and what is allowed
 * @source QEMU docs/interop/qcow2.txt, "Header"; block/qcow2.c, qcow2_do_open (7.2.0)
 */
export function readHeader(source: ImageSource, { describe = false }: ReadHeaderOptions = {}): ImageHeader {
  const bytes = readBytes(source, 0, 112);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const version = readVersion(source, view, bytes);
  const clusterBits = view.getUint32(20);
  const clusterBytes = 2 ** clusterBits;
  if (clusterBytes < minimumClusterBytes || clusterBytes > maximumClusterBytes) {
    throw damaged(source, `cluster_bits is ${clusterBits} at byte 20; QEMU accepts 9 to 21`);
  }
  const headerBytes = readHeaderLength(source, view, version, clusterBytes);
  const backingOffset = readBackingOffset(source, view, headerBytes, clusterBytes);
  const area = { start: headerBytes, end: backingOffset === 0 ? clusterBytes : backingOffset };
  const firstCluster = readBytes(source, 0, clusterBytes);
  const features = readFeatures(source, view, version, headerBytes, () => readFeatureNames(firstCluster, area));
  if (!describe) refuseUnusable(source, features);
  if (features.extendedL2 && clusterBytes < minimumExtendedClusterBytes) {
    throw damaged(source, `cluster_bits is ${clusterBits} at byte 20; with extended L2 entries QEMU accepts 14 to 21`);
  }
  const refcountOrder = version === 2 ? 4 : view.getUint32(96);
  if (refcountOrder > 6) throw damaged(source, `refcount_order is ${refcountOrder} at byte 96; QEMU accepts 0 to 6`);
  const encryption = encryptionMethods[view.getUint32(32)] ?? 'unknown';
  if (!describe) refuseEncryption(source, view.getUint32(32));
  const tables = readTables(source, view, clusterBytes);
  const virtualBytes = readVirtualSize(source, view, clusterBytes, features.extendedL2, tables.l1EntryCount);
  return {
    version,
    clusterBits,
    clusterBytes,
    virtualBytes,
    ...tables,
    refcountBits: 2 ** refcountOrder,
    ...features,
    encryption,
    extensions: readHeaderExtensions(source, firstCluster, area, clusterBytes, {
      bitmapsAreValid: features.bitmaps,
      encrypted: encryption !== 'none',
    }),
    backingName: readBackingName(source, view, firstCluster, backingOffset),
  };
}

function readVersion(source: ImageSource, view: DataView, bytes: Buffer): 2 | 3 {
  if (view.getUint32(0) !== qcow2Magic) {
    throw unsupported(source, `it is no qcow2 image: its first bytes are ${bytes.toString('hex', 0, 4)}, not 514649fb`);
  }
  const version = view.getUint32(4);
  const needed = version === 2 ? version2HeaderBytes : version3HeaderBytes;
  if (version !== 2 && version !== 3) {
    const hint = version === 1 ? 'Convert it with `qemu-img convert -f qcow -O qcow2`.' : undefined;
    throw unsupported(source, `it is of qcow version ${version}; qtune reads versions 2 and 3`, hint);
  }
  if (source.lengthBytes < needed) {
    throw damaged(source, `the file ends after ${source.lengthBytes} bytes, inside the header of ${needed}`);
  }
  return version;
}

function readHeaderLength(source: ImageSource, view: DataView, version: 2 | 3, clusterBytes: number): number {
  if (version === 2) return version2HeaderBytes;
  const length = view.getUint32(100);
  if (length < version3HeaderBytes || length > clusterBytes) {
    throw damaged(
      source,
      `header_length is ${length} at byte 100; it is at least ${version3HeaderBytes} and at most one cluster, ${clusterBytes}`,
    );
  }
  return length;
}

/** Offset of the backing file's name, 0 for none. QEMU lets it lie inside the header; no image needs that. */
function readBackingOffset(source: ImageSource, view: DataView, headerBytes: number, clusterBytes: number): number {
  const offset = view.getBigUint64(8);
  if (offset !== 0n && (offset < headerBytes || offset > clusterBytes)) {
    throw damaged(
      source,
      `backing_file_offset is ${hex(offset)} at byte 8; the name lies behind the header's ${headerBytes} bytes and inside the first cluster of ${clusterBytes}`,
    );
  }
  return Number(offset);
}

function readBackingName(source: ImageSource, view: DataView, firstCluster: Buffer, offset: number): string {
  if (offset === 0) return '';
  const length = view.getUint32(16);
  const allowed = Math.min(longestBackingName, firstCluster.length - offset);
  if (length > allowed) {
    throw damaged(source, `backing_file_size is ${length} at byte 16; at most ${allowed} bytes are allowed there`);
  }
  if (offset + length > source.lengthBytes) {
    throw damaged(source, `the backing file's name at ${hex(offset)} reaches past the end of the file`);
  }
  return cText(firstCluster.subarray(offset, offset + length));
}

function readFeatures(
  source: ImageSource,
  view: DataView,
  version: 2 | 3,
  headerBytes: number,
  names: () => ReadonlyMap<number, string>,
) {
  const has = (features: bigint, bit: bigint): boolean => (features & bit) !== 0n;
  const [refuse, ignore, clear] =
    version === 2 ? [0n, 0n, 0n] : [view.getBigUint64(72), view.getBigUint64(80), view.getBigUint64(88)];
  const compression = headerBytes > version3HeaderBytes && version === 3 ? view.getUint8(104) : 0;
  if (compression > 1) {
    throw damaged(source, `compression_type is ${compression} at byte 104; QEMU knows 0 (zlib) and 1 (zstd)`);
  }
  if (has(refuse, incompatible.compressionType) !== (compression !== 0)) {
    throw damaged(
      source,
      `compression_type is ${compression} at byte 104, which contradicts incompatible feature bit 3 at byte 72`,
    );
  }
  const unknown = unknownIncompatibleBits(refuse);
  const known = unknown.length > 0 ? names() : new Map<number, string>();
  const externalData = has(refuse, incompatible.dataFile);
  const dataFileRaw = has(clear, autoclear.rawDataFile);
  if (dataFileRaw && !externalData) {
    throw damaged(source, 'autoclear feature bit 1 (raw external data) at byte 88 is set, but there is no data file');
  }
  return {
    dirty: has(refuse, incompatible.dirty),
    lazyRefcounts: has(ignore, compatible.lazyRefcounts),
    extendedL2: has(refuse, incompatible.extendedL2),
    externalData,
    dataFileRaw,
    bitmaps: has(clear, autoclear.bitmaps),
    compression: compression === 1 ? ('zstd' as const) : ('zlib' as const),
    corrupt: has(refuse, incompatible.corrupt),
    unknownFeatures: unknown.map((bit) => (known.has(bit) ? `${bit} (${known.get(bit)})` : `${bit}`)),
  };
}

function refuseUnusable(
  source: ImageSource,
  { unknownFeatures, corrupt }: Pick<ImageHeader, 'unknownFeatures' | 'corrupt'>,
): void {
  if (unknownFeatures.length > 0) {
    throw unsupported(
      source,
      `it needs features that qtune does not know: incompatible feature bit ${unknownFeatures.join(', ')} at byte 72`,
    );
  }
  if (corrupt) {
    throw unsupported(
      source,
      'it is marked as corrupt (incompatible feature bit 1 at byte 72): QEMU does not open it for writing',
      'Repair a copy with `qemu-img check -r all`.',
    );
  }
}

function refuseEncryption(source: ImageSource, method: number): void {
  if (method === 0) return;
  const name = method === 1 ? 'AES' : method === 2 ? 'LUKS' : 'an unknown method';
  throw unsupported(
    source,
    `it is encrypted (crypt_method is ${method} at byte 32, ${name}); qtune does not model that`,
  );
}

function readTables(source: ImageSource, view: DataView, clusterBytes: number) {
  const refcountTableClusters = view.getUint32(56);
  if (refcountTableClusters === 0) throw damaged(source, 'refcount_table_clusters is 0 at byte 56; it is at least 1');
  const refcountTableOffsetBytes = safeOffset(source, view.getBigUint64(48), 'refcount_table_offset at byte 48');
  checkTable(source, {
    name: 'refcount table (refcount_table_offset at byte 48, refcount_table_clusters at byte 56)',
    offset: refcountTableOffsetBytes,
    lengthBytes: refcountTableClusters * clusterBytes,
    maximumBytes: maximumRefcountTableBytes,
    clusterBytes,
  });
  const snapshotCount = view.getUint32(60);
  const snapshotTableOffsetBytes = safeOffset(source, view.getBigUint64(64), 'snapshots_offset at byte 64');
  checkTable(source, {
    name: 'snapshot table (snapshots_offset at byte 64, nb_snapshots at byte 60)',
    offset: snapshotTableOffsetBytes,
    lengthBytes: snapshotCount * snapshotFixedBytes,
    maximumBytes: maximumSnapshotCount * snapshotFixedBytes,
    clusterBytes,
  });
  const l1EntryCount = view.getUint32(36);
  const l1OffsetBytes = safeOffset(source, view.getBigUint64(40), 'l1_table_offset at byte 40');
  checkTable(source, {
    name: 'L1 table (l1_table_offset at byte 40, l1_size at byte 36)',
    offset: l1OffsetBytes,
    lengthBytes: l1EntryCount * tableEntryBytes,
    maximumBytes: maximumL1Bytes,
    clusterBytes,
  });
  return {
    refcountTableOffsetBytes,
    refcountTableClusters,
    snapshotTableOffsetBytes,
    snapshotCount,
    l1EntryCount,
    l1OffsetBytes,
  };
}

function readVirtualSize(
  source: ImageSource,
  view: DataView,
  clusterBytes: number,
  extendedL2: boolean,
  l1EntryCount: number,
): number {
  const size = safeOffset(source, view.getBigUint64(24), 'size at byte 24');
  const coverage = (clusterBytes / (extendedL2 ? 16 : 8)) * clusterBytes;
  const needed = Math.ceil(size / coverage);
  if (l1EntryCount < needed) {
    throw damaged(source, `l1_size is ${l1EntryCount} at byte 36; a disk of ${size} bytes needs ${needed} entries`);
  }
  return size - (size % 512);
}
