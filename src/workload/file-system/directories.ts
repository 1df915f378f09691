import { Random } from '../random.ts';
import type { BlockAllocator } from './allocator.ts';
import { type Directory, GuestFile } from './guest-file.ts';
import type { Journal } from './journal.ts';
import { blocksPerGroup, type Ext4Layout } from './layout.ts';
import { blockBytes } from './parameters.ts';

/** A name of five characters: 8 bytes of header and the name, in words of four. */
const entryBytes = 16;
/** Blocks of a hashed directory are split when full, so they are three quarters full. */
const entriesPerBlock = Math.floor((0.75 * blockBytes) / entryBytes);

/**
 * Inodes and names. Directories in the root are spread over the disk (the kernel starts at a hash of the name and takes the
 * flex group with the fewest directories, the model takes any), others stay in the flex group of their parent, a file's inode is the first free one of its
 * directory's group, and its name lies in the block that its hash tells.
 *
 * @source Linux, fs/ext4/ialloc.c as of 5.x: find_group_orlov, find_group_other; how full blocks of a directory are is
 *   supposed, not read
 */
export class Directories {
  readonly #layout: Ext4Layout;
  readonly #allocator: BlockAllocator;
  readonly #journal: Journal;
  readonly #random: Random;
  readonly #inodes: (Uint8Array | undefined)[] = [];
  #fileCount = 0;

  constructor(layout: Ext4Layout, allocator: BlockAllocator, journal: Journal, seed: number) {
    this.#layout = layout;
    this.#allocator = allocator;
    this.#journal = journal;
    this.#random = new Random(seed, 0);
  }

  /** Inodes in use, each of which takes memory while it is cached. */
  get fileCount(): number {
    return this.#fileCount;
  }

  /** Directories in the root are spread, others stay with their parent. */
  makeDirectory(parent?: Directory): Directory {
    const flex = parent?.flex ?? this.#random.below(this.#layout.flexCount);
    const inode = this.#takeInode(this.#layout.directoryGroup(flex));
    const directory = { flex, group: inode.group, inodeBlock: inode.block, blocks: [], entryCount: 0 };
    this.#addBlock(directory);
    return directory;
  }

  create(directory: Directory): GuestFile {
    directory.entryCount += 1;
    if (directory.entryCount > directory.blocks.length * entriesPerBlock) this.#addBlock(directory);
    const entryBlock = directory.blocks[this.#random.below(directory.blocks.length)] ?? 0;
    const file = new GuestFile(directory, entryBlock, this.#takeInode(directory.group));
    this.#fileCount += 1;
    this.#touchName(file);
    return file;
  }

  remove(file: GuestFile): void {
    this.#inodes[file.group]?.fill(0, file.inode, file.inode + 1);
    this.#journal.touch(this.#layout.inodeBitmap(file.group));
    this.#journal.touch(this.#layout.descriptorBlock(file.group));
    file.directory.entryCount -= 1;
    this.#fileCount -= 1;
    this.#touchName(file);
  }

  #touchName(file: GuestFile): void {
    this.#journal.touch(file.entryBlock);
    this.#journal.touch(file.directory.inodeBlock);
    this.#journal.touch(file.inodeBlock);
  }

  #addBlock(directory: Directory): void {
    const group = this.#layout.directoryGroup(directory.flex);
    for (const { first, count } of this.#allocator.large(1, group * blocksPerGroup)) {
      for (let block = first; block < first + count; block++) directory.blocks.push(block);
      this.#journal.touch(first);
      this.#journal.touch(this.#layout.blockBitmap(Math.floor(first / blocksPerGroup)));
    }
  }

  #takeInode(goal: number): { group: number; index: number; block: number } {
    for (let step = 0; step < this.#layout.groupCount; step++) {
      const group = (goal + step) % this.#layout.groupCount;
      const index = this.#table(group).indexOf(0);
      if (index === -1) continue;
      this.#table(group)[index] = 1;
      this.#journal.touch(this.#layout.inodeBitmap(group));
      this.#journal.touch(this.#layout.descriptorBlock(group));
      const block = this.#layout.inodeBlock(group, index);
      this.#journal.touch(block);
      return { group, index, block };
    }
    throw new RangeError('the modelled file system has no free inode');
  }

  /** One byte an inode; the first eleven of the file system are its own. */
  #table(group: number): Uint8Array {
    const known = this.#inodes[group];
    if (known) return known;
    const table = new Uint8Array(this.#layout.inodesPerGroup);
    if (group === 0) table.fill(1, 0, 11);
    this.#inodes[group] = table;
    return table;
  }
}
