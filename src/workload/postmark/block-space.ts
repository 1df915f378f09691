/** A run of neighbouring blocks. */
export interface BlockRun {
  firstBlock: number;
  blockCount: number;
}

/**
 * Free space of the file system that PostMark's files are on: one bit a block, first fit from a moving pointer. The
 * pointer goes round the area, so a deleted file's blocks are used again only after the whole area was passed, which is
 * how ext4 and XFS spread new files while there is room.
 */
export class BlockSpace {
  readonly blockCount: number;
  readonly #used: Uint8Array;
  #pointer = 0;
  #freeCount: number;

  constructor(blockCount: number) {
    this.blockCount = blockCount;
    this.#freeCount = blockCount;
    this.#used = new Uint8Array(Math.ceil(blockCount / 8));
  }

  get freeCount(): number {
    return this.#freeCount;
  }

  isUsed(block: number): boolean {
    return ((this.#used[block >>> 3] ?? 0) & (1 << (block & 7))) !== 0;
  }

  /**
   * Adds `blockCount` blocks to a file's runs: behind its last block as long as those are free, then from the pointer
   * onwards. The answer is false, and nothing is taken, where the space does not have so many.
   */
  extend(runs: BlockRun[], blockCount: number): boolean {
    if (blockCount > this.#freeCount) return false;
    let last = runs.at(-1);
    let remaining = blockCount;
    let block = last === undefined ? this.#pointer : last.firstBlock + last.blockCount;
    let adjacent = last !== undefined;
    while (remaining > 0) {
      if (block >= this.blockCount || this.isUsed(block)) {
        if (adjacent) {
          adjacent = false;
          block = this.#pointer;
        } else {
          block = block + 1 < this.blockCount ? block + 1 : 0;
        }
        continue;
      }
      this.#mark(block);
      if (last !== undefined && last.firstBlock + last.blockCount === block) last.blockCount += 1;
      else {
        last = { firstBlock: block, blockCount: 1 };
        runs.push(last);
      }
      remaining -= 1;
      block += 1;
      if (!adjacent) this.#pointer = block < this.blockCount ? block : 0;
    }
    return true;
  }

  free(runs: readonly BlockRun[]): void {
    for (const { firstBlock, blockCount } of runs) {
      for (let block = firstBlock; block < firstBlock + blockCount; block++) {
        this.#used[block >>> 3] = (this.#used[block >>> 3] ?? 0) & ~(1 << (block & 7));
      }
      this.#freeCount += blockCount;
    }
  }

  #mark(block: number): void {
    this.#used[block >>> 3] = (this.#used[block >>> 3] ?? 0) | (1 << (block & 7));
    this.#freeCount -= 1;
  }
}
