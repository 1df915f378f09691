import { blockBytes } from './layout.ts';

/** ext4's defaults: inodes of 256 bytes, one bitmap block for 32,768 blocks; a directory entry takes about 32 bytes. */
const inodesPerBlock = blockBytes / 256;
const blocksPerBitmap = blockBytes * 8;
const entriesPerBlock = blockBytes / 32;

/** Where the metadata of an area is, in blocks from the area's start; data begins at `blockCount`. */
export interface MetadataLayout {
  readonly blockCount: number;
  readonly directoryCount: number;
  readonly firstDirectoryBlock: number;
  readonly blocksPerDirectory: number;
  readonly firstBitmapBlock: number;
}

/** An inode table, one directory a subdirectory, and block bitmaps, at the front of the area. */
export function metadataLayout(slotCount: number, subdirectories: number, areaBlockCount: number): MetadataLayout {
  const directoryCount = Math.max(1, subdirectories);
  const blocksPerDirectory = Math.ceil(Math.ceil(slotCount / directoryCount) / entriesPerBlock);
  const firstDirectoryBlock = Math.ceil(slotCount / inodesPerBlock);
  const firstBitmapBlock = firstDirectoryBlock + directoryCount * blocksPerDirectory;
  return {
    directoryCount,
    blocksPerDirectory,
    firstDirectoryBlock,
    firstBitmapBlock,
    blockCount: firstBitmapBlock + Math.ceil(areaBlockCount / blocksPerBitmap),
  };
}

/**
 * Metadata blocks that wait for the next commit. Creates and deletes dirty the file's inode, its directory and the
 * bitmap of its blocks; an append the inode and the bitmap. Reads of metadata and the copy in a journal are left out.
 */
export class DirtyMetadata {
  readonly #layout: MetadataLayout;
  readonly #dirty = new Set<number>();

  constructor(layout: MetadataLayout) {
    this.#layout = layout;
  }

  touchInode(slot: number): void {
    this.#dirty.add(Math.floor(slot / inodesPerBlock));
  }

  touchDirectory(slot: number, directory: number): void {
    const { firstDirectoryBlock, blocksPerDirectory, directoryCount } = this.#layout;
    const entry = Math.floor(Math.floor(slot / directoryCount) / entriesPerBlock);
    this.#dirty.add(firstDirectoryBlock + directory * blocksPerDirectory + entry);
  }

  touchBitmap(block: number): void {
    this.#dirty.add(this.#layout.firstBitmapBlock + Math.floor(block / blocksPerBitmap));
  }

  /** The dirty blocks in ascending order; afterwards none is dirty. */
  take(): number[] {
    const blocks = [...this.#dirty].sort((left, right) => left - right);
    this.#dirty.clear();
    return blocks;
  }
}
