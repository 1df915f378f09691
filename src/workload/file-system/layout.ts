import { blockBytes } from './parameters.ts';

export const blocksPerGroup = blockBytes * 8;
const groupsPerFlex = 16;
const inodesPerBlock = blockBytes / 256;
const descriptorsPerBlock = blockBytes / 64;
/** Blocks that `resize_inode` keeps for more group descriptors. */
const reservedDescriptorBlockCount = 1023;
const bytesPerInode = 16_384;

/** A place in blocks from the start of the file system. */
export interface BlockRange {
  readonly first: number;
  readonly count: number;
}

/**
 * Where ext4 keeps its metadata: what `mkfs.ext4` of e2fsprogs 1.47 writes with its defaults. Sixteen groups share one
 * place for their bitmaps and inode tables (flex_bg); the journal is in one piece in the middle.
 *
 * @source e2fsprogs 1.47, lib/ext2fs/initialize.c, alloc_tables.c and mkjournal.c; dumpe2fs of disks of 8 and 16 GiB
 */
export class Ext4Layout {
  readonly blockCount: number;
  readonly groupCount: number;
  readonly flexCount: number;
  readonly inodesPerGroup: number;
  readonly inodeTableBlockCount: number;
  readonly journal: BlockRange;

  constructor(spanBytes: number) {
    this.blockCount = Math.floor(spanBytes / blockBytes);
    this.groupCount = Math.max(1, Math.ceil(this.blockCount / blocksPerGroup));
    this.flexCount = Math.ceil(this.groupCount / groupsPerFlex);
    const perGroup = Math.ceil((Math.min(this.blockCount, blocksPerGroup) * blockBytes) / bytesPerInode);
    this.inodesPerGroup = Math.ceil(perGroup / inodesPerBlock) * inodesPerBlock;
    this.inodeTableBlockCount = this.inodesPerGroup / inodesPerBlock;
    const middle = Math.floor(this.groupCount / 2 / groupsPerFlex) * groupsPerFlex + 1;
    const group = Math.min(middle, this.groupCount - 1);
    this.journal = {
      first: group * blocksPerGroup + this.reservedBlockCount(group),
      count: Math.min(journalBlockCount(this.blockCount), Math.floor(this.blockCount / 8)),
    };
  }

  /** Blocks at the start of a group that hold no files: super block, descriptors, bitmaps and inode tables. */
  reservedBlockCount(group: number): number {
    const descriptors = Math.ceil(this.groupCount / descriptorsPerBlock) + reservedDescriptorBlockCount;
    const backup = hasSuperBlock(group) ? 1 + Math.min(descriptors, Math.floor(this.blockCount / 32)) : 0;
    if (group % groupsPerFlex !== 0) return backup;
    const groups = Math.min(groupsPerFlex, this.groupCount - group);
    return backup + 2 * groupsPerFlex + groups * this.inodeTableBlockCount;
  }

  /** Blocks of the group, fewer in the last one. */
  blocksIn(group: number): number {
    return Math.min(blocksPerGroup, this.blockCount - group * blocksPerGroup);
  }

  blockBitmap(group: number): number {
    return this.#flexTables(group) + (group % groupsPerFlex);
  }

  inodeBitmap(group: number): number {
    return this.#flexTables(group) + groupsPerFlex + (group % groupsPerFlex);
  }

  inodeTable(group: number): BlockRange {
    const first = this.#flexTables(group) + 2 * groupsPerFlex + (group % groupsPerFlex) * this.inodeTableBlockCount;
    return { first, count: this.inodeTableBlockCount };
  }

  /** The block of the inode table that an inode, counted from 0 in its group, is in. */
  inodeBlock(group: number, inode: number): number {
    return this.inodeTable(group).first + Math.floor(inode / inodesPerBlock);
  }

  /** The block of descriptors that a group's counts are in. */
  descriptorBlock(group: number): number {
    return 1 + Math.floor(group / descriptorsPerBlock);
  }

  /** The group that directories of a flex group start in, and the one after it that files start in. */
  directoryGroup(flex: number): number {
    return flex * groupsPerFlex;
  }

  fileGroup(flex: number): number {
    return Math.min(flex * groupsPerFlex + 1, this.groupCount - 1);
  }

  #flexTables(group: number): number {
    const first = group - (group % groupsPerFlex);
    const groups = Math.min(groupsPerFlex, this.groupCount - first);
    const tables = 2 * groupsPerFlex + groups * this.inodeTableBlockCount;
    return first * blocksPerGroup + this.reservedBlockCount(first) - tables;
  }
}

/** Groups 0, 1 and powers of 3, 5 and 7 have a copy of the super block. */
function hasSuperBlock(group: number): boolean {
  if (group <= 1) return true;
  return [3, 5, 7].some((base) => {
    let power = base;
    while (power < group) power *= base;
    return power === group;
  });
}

/** 16 MiB from 1 GiB, doubling from 2, 16, 32, 64 and 128 GiB on up to 1 GiB. */
function journalBlockCount(blockCount: number): number {
  if (blockCount < 32_768) return 1024;
  if (blockCount < 256 * 1024) return 4096;
  if (blockCount < 512 * 1024) return 8192;
  if (blockCount < 4096 * 1024) return 16_384;
  if (blockCount < 8192 * 1024) return 32_768;
  if (blockCount < 16_384 * 1024) return 65_536;
  if (blockCount < 32_768 * 1024) return 131_072;
  return 262_144;
}
