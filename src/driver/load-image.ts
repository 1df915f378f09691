import { dirname, resolve } from 'node:path';
import { ImageFormatError, InputError, UsageError } from '../errors.ts';
import { damaged, quoted, unsupported } from '../qcow2/damage.ts';
import { type ImageHeader, qcow2Magic, readHeader } from '../qcow2/header.ts';
import { ImageFile } from '../qcow2/image-file.ts';
import { readBytes } from '../qcow2/image-source.ts';
import type { Warning } from '../warnings.ts';
import type { BackingState, ImageState } from './image-state.ts';
import { dataFileState, imageFileState, rawFileState } from './load-host-file.ts';
import { loadMetadata } from './load-metadata.ts';
import { MetadataExtents } from './load-metadata-extents.ts';
import { checkReferences } from './load-references.ts';

/** Longest backing chain that is followed. QEMU has no limit; real chains are far shorter. */
const longestChain = 200;

export interface LoadImageOptions {
  /** Open the files that the image names too: backing files and an external data file. Else an image with such is refused. */
  readonly followBacking: boolean;
  /** Where a relative `path` starts; the working directory if absent. */
  readonly cwd?: string;
}

export interface LoadedImage {
  readonly image: ImageState;
  /** What the model will not know: bitmaps, an unclean close, a format that was guessed. */
  readonly warnings: readonly Warning[];
}

/**
 * Reads an image from disk for the driver model: all its metadata, decoded and checked, and none of its data. The file is
 * opened for reading only and closed again. Memory and time follow what the file holds, not what it claims.
 * @param path the image; names inside it are relative to its directory, as in QEMU
 * @throws ImageFormatError where it is not qcow2, damaged, encrypted or of unknown features; the message names the place
 * @throws UsageError where it names other files and `followBacking` is false
 * @throws InputError where a file is missing or no regular file @throws EnvironmentError where reading fails
 */
export function loadImage(path: string, options: LoadImageOptions): LoadedImage {
  const loader = new ImageLoader(options.followBacking);
  const absolute = options.cwd === undefined ? resolve(path) : resolve(options.cwd, path);
  return { image: loader.load(absolute, path), warnings: loader.warnings };
}

/** Loads an image and, by way of itself, the chain beneath it. */
class ImageLoader {
  readonly warnings: Warning[] = [];
  readonly #followBacking: boolean;
  /** Files of the chain from the top down to the one being read. */
  readonly #open = new Set<string>();

  constructor(followBacking: boolean) {
    this.#followBacking = followBacking;
  }

  load(path: string, name: string): ImageState {
    return this.#withFile(path, name, (file) => this.#qcow2(file, path));
  }

  #qcow2(file: ImageFile, path: string): ImageState {
    const header = readHeader(file);
    if (!this.#followBacking) refuseReferences(file, header);
    const metadata = loadMetadata(file, header);
    const extents = new MetadataExtents(metadata);
    extents.refuseOverlaps(file);
    try {
      checkReferences(file, metadata, extents);
    } catch (error) {
      throw header.dirty && error instanceof ImageFormatError ? outdated(file, error) : error;
    }
    this.#warnOf(file, header);
    const dataFile = header.externalData
      ? this.#withFile(...this.#reference(file, path, dataFileName(file, header)), (data) =>
          dataFileState(data, metadata),
        )
      : undefined;
    return {
      clusterBits: header.clusterBits,
      version: header.version,
      extendedL2: header.extendedL2,
      refcountBits: header.refcountBits,
      virtualBytes: header.virtualBytes,
      lazyRefcounts: header.lazyRefcounts,
      dirty: header.dirty,
      externalData: header.externalData,
      dataFileRaw: header.dataFileRaw,
      l1OffsetBytes: header.l1OffsetBytes,
      l1: metadata.active.offsets,
      l1Copied: metadata.active.copied,
      l2Tables: metadata.l2Tables,
      refcountTableOffsetBytes: header.refcountTableOffsetBytes,
      refcountTableClusters: header.refcountTableClusters,
      refcountTable: metadata.refcountTable,
      refcounts: metadata.refcounts,
      snapshots: metadata.snapshots.map(({ offsetBytes, offsets }) => ({ l1OffsetBytes: offsetBytes, l1: offsets })),
      snapshotTableOffsetBytes: header.snapshotCount === 0 ? 0 : header.snapshotTableOffsetBytes,
      snapshotTableBytes: metadata.snapshotTableBytes,
      file: imageFileState(file, metadata, extents),
      dataFile,
      backing: this.#backing(file, header, path),
    };
  }

  #backing(file: ImageFile, header: ImageHeader, path: string): BackingState | undefined {
    if (header.backingName === '') return undefined;
    if (this.#open.size > longestChain) {
      throw unsupported(file, `its backing chain is longer than ${longestChain} files`);
    }
    const [backingPath, name] = this.#reference(file, path, header.backingName);
    return this.#withFile(backingPath, name, (backing): BackingState => {
      const format = this.#backingFormat(file, header, backing);
      if (format === 'qcow2') return { format, image: this.#qcow2(backing, backingPath) };
      // QEMU rounds the length of a raw file up to whole sectors.
      const virtualBytes = Math.ceil(backing.lengthBytes / 512) * 512;
      return { format, virtualBytes, file: rawFileState(backing) };
    });
  }

  /** The format that the overlay gives; without one QEMU looks at the file, and so does this. */
  #backingFormat(file: ImageFile, header: ImageHeader, backing: ImageFile): 'qcow2' | 'raw' {
    const format = header.extensions.backingFormat;
    if (format === 'qcow2' || format === 'raw') return format;
    if (format !== undefined) {
      throw unsupported(file, `its backing file has the format ${quoted(format)}; qtune models qcow2 and raw`);
    }
    const found = readBytes(backing, 0, 4).readUInt32BE(0) === qcow2Magic ? 'qcow2' : 'raw';
    this.warnings.push({
      code: 'backing-format-guessed',
      subject: file.name,
      message: `the image does not say which format its backing file ${backing.name} has; taken as ${found}`,
      hint: `Record it: qemu-img rebase -u -F ${found} -b BACKING IMAGE.`,
    });
    return found;
  }

  #warnOf(file: ImageFile, header: ImageHeader): void {
    const warn = (code: string, message: string, hint?: string): void => {
      this.warnings.push({ code, subject: file.name, message, ...(hint === undefined ? {} : { hint }) });
    };
    if (header.dirty) {
      warn(
        'image-dirty',
        'the image was not closed cleanly; QEMU would check it when it opens it, which is not modelled',
      );
    }
    if (header.extensions.bitmapDirectory !== undefined) {
      warn('image-bitmaps', 'the image has persistent bitmaps; the I/O that QEMU makes for them is not modelled');
    }
    if (file.hasChanged()) {
      warn('image-changed', 'the file changed while it was read', 'Stop what writes to it, or take a copy.');
    }
  }

  /** The file that a name in an image means: its path and what messages call it. */
  #reference(file: ImageFile, path: string, name: string): [path: string, shown: string] {
    const protocol = /^([^:/]*):/.exec(name)?.[1];
    if (protocol !== undefined) {
      throw unsupported(file, `it names ${quoted(name)}, which is no plain file name (${quoted(`${protocol}:`)})`);
    }
    return [resolve(dirname(path), name), `${file.name} → ${quoted(name)}`];
  }

  #withFile<T>(path: string, name: string, use: (file: ImageFile) => T): T {
    const file = ImageFile.open(path, name);
    try {
      if (this.#open.has(file.identity)) {
        throw new InputError({ file: name }, 'this file is already in the chain: it is its own backing file');
      }
      this.#open.add(file.identity);
      return use(file);
    } finally {
      this.#open.delete(file.identity);
      file.close();
    }
  }
}

function dataFileName(file: ImageFile, header: ImageHeader): string {
  const name = header.extensions.dataFileName;
  if (!name) throw damaged(file, 'it keeps its data in another file (incompatible feature bit 2), but names none');
  return name;
}

/** Lazy refcounts are written at the close: after a crash QEMU counts them anew before it uses the image. */
function outdated(file: ImageFile, cause: ImageFormatError): ImageFormatError {
  const found = cause.message.replace(`${file.name}: the image is damaged: `, '');
  return unsupported(
    file,
    `it was not closed cleanly (incompatible feature bit 0 at byte 72), and its refcounts are out of date: ${found}`,
    'Repair a copy with `qemu-img check -r all`.',
  );
}

function refuseReferences(file: ImageFile, header: ImageHeader): void {
  const data = header.externalData ? `data file ${quoted(header.extensions.dataFileName ?? '')}` : undefined;
  const backing = header.backingName === '' ? undefined : `backing file ${quoted(header.backingName)}`;
  const named = data ?? backing;
  if (named === undefined) return;
  throw new UsageError(`${file.name} names the ${named}; a file that an image names is not opened unless asked for`, {
    hint: 'Say that the files which the image names may be opened, if you trust them.',
  });
}
