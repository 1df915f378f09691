import { hex } from '../damage.ts';
import type { ImageHeader } from '../header.ts';
import { type ImageSource, readBytes } from '../image-source.ts';
import { tableEntryBytes } from '../limits.ts';

const fixedBytes = 24;
const pieceEntries = 8192;

/**
 * Hands over every piece of the file that persistent bitmaps take: the directory, their tables and their data.
 * @returns what is wrong with them, or undefined
 * @source QEMU docs/interop/qcow2.txt, "Bitmaps extension"; block/qcow2-bitmap.c, qcow2_check_bitmaps_refcounts (7.2.0)
 */
export function visitBitmaps(
  source: ImageSource,
  header: ImageHeader,
  take: (offset: number, lengthBytes: number) => void,
): string | undefined {
  const directory = header.extensions.bitmapDirectory;
  if (directory === undefined) return undefined;
  if (directory.offsetBytes + directory.lengthBytes > source.lengthBytes) {
    return `the bitmap directory at ${hex(directory.offsetBytes)} reaches past the end of the file`;
  }
  take(directory.offsetBytes, directory.lengthBytes);
  let at = directory.offsetBytes;
  const end = at + directory.lengthBytes;
  for (let index = 0; index < directory.count; index++) {
    const place = `entry ${index} of the bitmap directory at ${hex(directory.offsetBytes)}`;
    if (at + fixedBytes > end) return `${place} lies outside it`;
    const fixed = readBytes(source, at, fixedBytes);
    const tableOffset = Number(fixed.readBigUInt64BE(0));
    const entryCount = fixed.readUInt32BE(8);
    const entryEnd = at + fixedBytes + fixed.readUInt32BE(20) + fixed.readUInt16BE(18);
    if (entryEnd > end) return `${place} is longer than it`;
    if (tableOffset % header.clusterBytes !== 0) return `${place}: its table starts inside a cluster`;
    if (tableOffset + entryCount * tableEntryBytes > source.lengthBytes) {
      return `${place}: its table at ${hex(tableOffset)} reaches past the end of the file`;
    }
    take(tableOffset, entryCount * tableEntryBytes);
    visitBitmapTable(source, header, tableOffset, entryCount, take);
    at = Math.ceil(entryEnd / 8) * 8;
  }
  return undefined;
}

function visitBitmapTable(
  source: ImageSource,
  header: ImageHeader,
  tableOffset: number,
  entryCount: number,
  take: (offset: number, lengthBytes: number) => void,
): void {
  for (let first = 0; first < entryCount; first += pieceEntries) {
    const count = Math.min(pieceEntries, entryCount - first);
    const bytes = readBytes(source, tableOffset + first * tableEntryBytes, count * tableEntryBytes);
    for (let index = 0; index < count; index++) {
      const offset =
        (bytes.readUInt32BE(8 * index) & 0xff_ffff) * 2 ** 32 + ((bytes.readUInt32BE(8 * index + 4) & ~511) >>> 0);
      if (offset > 0) take(offset, header.clusterBytes);
    }
  }
}
