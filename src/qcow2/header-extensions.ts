import { cText } from './c-text.ts';
import { damaged, hex, quoted } from './damage.ts';
import type { ImageSource } from './image-source.ts';
import { maximumBitmapCount, maximumBitmapDirectoryBytes } from './limits.ts';
import { safeOffset } from './table.ts';

/** Numbers that tell what an extension is. @source QEMU docs/interop/qcow2.txt, "Header extensions" */
const extensionTypes = {
  end: 0,
  backingFormat: 0xe279_2aca,
  featureNames: 0x6803_f857,
  bitmaps: 0x2385_2875,
  encryption: 0x0537_be77,
  dataFile: 0x4441_5441,
} as const;

const featureNameBytes = 48;
const longestBackingFormat = 15;
const bitmapsBytes = 24;

/** The part of the first cluster between the header and the backing file's name, or the cluster's end. */
export interface ExtensionArea {
  readonly start: number;
  readonly end: number;
}

/** Where the directory of persistent bitmaps lies. */
export interface BitmapDirectory {
  readonly count: number;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** What the header extensions say. Names are as they stand in the image: not to be trusted. */
export interface HeaderExtensions {
  readonly backingFormat: string | undefined;
  readonly dataFileName: string | undefined;
  /** Absent too where the autoclear bit says that the bitmaps are no longer valid. */
  readonly bitmapDirectory: BitmapDirectory | undefined;
  /** Where the header of LUKS lies, bytes; only in an encrypted image. */
  readonly encryptionHeader: { readonly offsetBytes: number; readonly lengthBytes: number } | undefined;
  /** How many extensions there are that QEMU does not know. */
  readonly unknownCount: number;
}

interface Extension {
  readonly type: number;
  readonly offset: number;
  readonly data: Buffer;
}

/**
 * Reads all header extensions.
 * @param firstCluster the image's first cluster, whole
 * @throws ImageFormatError naming the extension and its place
 * @source QEMU block/qcow2.c, qcow2_read_extensions (7.2.0)
 */
export function readHeaderExtensions(
  source: ImageSource,
  firstCluster: Buffer,
  area: ExtensionArea,
  clusterBytes: number,
  { bitmapsAreValid, encrypted }: { readonly bitmapsAreValid: boolean; readonly encrypted: boolean },
): HeaderExtensions {
  let backingFormat: string | undefined;
  let dataFileName: string | undefined;
  let bitmapDirectory: BitmapDirectory | undefined;
  let encryptionHeader: HeaderExtensions['encryptionHeader'];
  let unknownCount = 0;
  for (const { type, offset, data } of extensions(firstCluster, area, (message) => damaged(source, message))) {
    if (type === extensionTypes.backingFormat) {
      if (data.length > longestBackingFormat) {
        throw damaged(source, `the backing format at ${hex(offset)} has ${data.length} bytes; at most 15 are allowed`);
      }
      backingFormat = cText(data);
    } else if (type === extensionTypes.dataFile) {
      dataFileName = cText(data);
    } else if (type === extensionTypes.encryption) {
      if (!encrypted) {
        throw damaged(source, `there is an encryption header at ${hex(offset)}, but crypt_method at byte 32 is 0`);
      }
      if (data.length === 16) encryptionHeader = readEncryptionHeader(source, data, offset);
    } else if (type === extensionTypes.bitmaps) {
      if (bitmapsAreValid || data.length !== bitmapsBytes) {
        bitmapDirectory = readBitmapDirectory(source, data, offset, clusterBytes);
      }
    } else if (type !== extensionTypes.featureNames) {
      unknownCount++;
    }
  }
  return { backingFormat, dataFileName, bitmapDirectory, encryptionHeader, unknownCount };
}

/** Names of incompatible feature bits out of the feature name table, where there is one; a damaged area gives no names. */
export function readFeatureNames(firstCluster: Buffer, area: ExtensionArea): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  try {
    for (const { type, data } of extensions(firstCluster, area, () => new RangeError())) {
      if (type !== extensionTypes.featureNames) continue;
      for (let at = 0; at + featureNameBytes <= data.length; at += featureNameBytes) {
        // The first byte tells the kind of feature; 0 is incompatible.
        if (data[at] === 0)
          names.set(data[at + 1] as number, quoted(cText(data.subarray(at + 2, at + featureNameBytes))));
      }
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return names;
}

function* extensions(
  firstCluster: Buffer,
  area: ExtensionArea,
  failure: (message: string) => Error,
): Generator<Extension> {
  let offset = area.start;
  while (offset < area.end) {
    if (offset + 8 > area.end) throw failure(`the header extension at ${hex(offset)} reaches past ${hex(area.end)}`);
    const type = firstCluster.readUInt32BE(offset);
    const length = firstCluster.readUInt32BE(offset + 4);
    const start = offset + 8;
    if (length > area.end - start) {
      throw failure(
        `the header extension at ${hex(offset)} (type ${hex(type)}) has ${length} bytes; there is room for ${area.end - start}`,
      );
    }
    if (type === extensionTypes.end) return;
    yield { type, offset, data: firstCluster.subarray(start, start + length) };
    offset = start + Math.ceil(length / 8) * 8;
  }
}

function readEncryptionHeader(source: ImageSource, data: Buffer, at: number) {
  const place = `the encryption header's place at ${hex(at)}`;
  const offsetBytes = safeOffset(source, data.readBigUInt64BE(0), place);
  const lengthBytes = safeOffset(source, data.readBigUInt64BE(8), place);
  if (offsetBytes + lengthBytes <= source.lengthBytes) return { offsetBytes, lengthBytes };
  throw damaged(source, `${place} is ${hex(offsetBytes)}, but the file ends at ${hex(source.lengthBytes)}`);
}

function readBitmapDirectory(source: ImageSource, data: Buffer, at: number, clusterBytes: number): BitmapDirectory {
  const place = `the bitmaps extension at ${hex(at)}`;
  if (data.length !== bitmapsBytes) throw damaged(source, `${place} has ${data.length} bytes; it has ${bitmapsBytes}`);
  const count = data.readUInt32BE(0);
  const lengthBytes = safeOffset(source, data.readBigUInt64BE(8), `${place}: the directory's size`);
  const offsetBytes = safeOffset(source, data.readBigUInt64BE(16), `${place}: the directory's offset`);
  if (data.readUInt32BE(4) !== 0) throw damaged(source, `${place}: its reserved field is not 0`);
  if (count === 0 || count > maximumBitmapCount) {
    throw damaged(source, `${place} says ${count} bitmaps; 1 to ${maximumBitmapCount} are allowed`);
  }
  if (offsetBytes % clusterBytes !== 0) {
    throw damaged(source, `${place}: the directory's offset ${hex(offsetBytes)} is no multiple of ${clusterBytes}`);
  }
  if (lengthBytes > maximumBitmapDirectoryBytes) {
    throw damaged(
      source,
      `${place}: the directory takes ${lengthBytes} bytes; at most ${maximumBitmapDirectoryBytes} are allowed`,
    );
  }
  return { count, offsetBytes, lengthBytes };
}
