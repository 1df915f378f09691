import type { BlockRange } from './layout.ts';
import type { CachedFile } from './page-cache.ts';

/** Neighbouring pages of a file in neighbouring blocks. */
export interface Extent {
  readonly page: number;
  readonly block: number;
  count: number;
}

/** A directory: where its inode is and the blocks that hold its names. */
export interface Directory {
  readonly flex: number;
  readonly group: number;
  readonly inodeBlock: number;
  readonly blocks: number[];
  entryCount: number;
}

/** A file of the model. Its content does not exist, only where it would be. */
export class GuestFile implements CachedFile {
  readonly pages = new Map<number, number>();
  readonly evicted = new Map<number, number>();
  /** Pages that are not written back, in the order in which they became so. */
  readonly dirtyPages = new Set<number>();
  readonly directory: Directory;
  readonly entryBlock: number;
  readonly group: number;
  readonly inode: number;
  readonly inodeBlock: number;
  sizeBytes = 0;
  /** Whether a read has to store the time of access: the first one after a change, with `relatime`. */
  isAccessTimeOld = true;
  /** Whether the journal has changes of this file that no commit has written. */
  hasChanged = true;
  /** Whether these are more than times. */
  hasNewBlocks = true;
  /** In order of pages. */
  #extents: Extent[] = [];

  constructor(directory: Directory, entryBlock: number, inode: { group: number; index: number; block: number }) {
    this.directory = directory;
    this.entryBlock = entryBlock;
    this.group = inode.group;
    this.inode = inode.index;
    this.inodeBlock = inode.block;
  }

  /** A commit wrote its changes. */
  committed(): void {
    this.hasChanged = false;
    this.hasNewBlocks = false;
  }

  get extents(): readonly Extent[] {
    return this.#extents;
  }

  /** The block of a page, or −1 where it has none yet. */
  blockOf(page: number): number {
    const extent = this.#extents[this.#indexOf(page)];
    return extent !== undefined && page < extent.page + extent.count ? extent.block + page - extent.page : -1;
  }

  /** Gives blocks to pages that have none, from `page` on. */
  map(page: number, runs: readonly BlockRange[]): void {
    let at = page;
    for (const { first, count } of runs) {
      const index = this.#indexOf(at);
      const before = this.#extents[index];
      if (before && before.page + before.count === at && before.block + before.count === first) before.count += count;
      else this.#extents.splice(index + 1, 0, { page: at, block: first, count });
      at += count;
    }
  }

  /** The last extent that starts at or before the page; −1 for none. */
  #indexOf(page: number): number {
    let low = 0;
    let high = this.#extents.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#extents[middle]?.page ?? 0) <= page) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
