import { type BlockRange, blocksPerGroup, type Ext4Layout } from './layout.ts';

/** Blocks that small files are taken from one after the other, and the alignment of such a piece: `mb_group_prealloc`. */
const groupPieceBlockCount = 512;
/** Files above this are laid out on their own: `mb_stream_req`. */
export const smallFileBlockCount = 16;
/** Longest piece that one request for blocks looks for in one go: 8 MiB, as the normalisation of requests. */
const largestPieceBlockCount = 2048;

interface Piece {
  next: number;
  end: number;
}

/**
 * Free space as ext4's mballoc deals it out. Small files come out of pieces of 512 blocks, so that files written one after
 * the other lie side by side whatever their directories; the piece lies where the file that needed a new one wanted to be.
 * Large files follow their own last block and otherwise get the longest piece of free blocks that is needed. Freed blocks
 * are free only after the next commit.
 *
 * @source Linux, fs/ext4/mballoc.c as of 6.x: ext4_mb_group_or_file. Sizes and places of pieces are as in own recordings
 *   (ext4_mb_new_group_pa, ext4_mb_normalize_request and ext4_inode_to_goal_block were not read in 6.18)
 */
export class BlockAllocator {
  readonly #layout: Ext4Layout;
  readonly #groups: (Uint8Array | undefined)[] = [];
  #pieces: Piece[] = [];
  #freed: BlockRange[] = [];

  constructor(layout: Ext4Layout) {
    this.#layout = layout;
  }

  /** Blocks of a small file. @throws RangeError where the file system is full */
  small(count: number, goalGroup: number): BlockRange[] {
    let piece = this.#pieces.find(({ next, end }) => end - next >= count);
    if (piece === undefined) {
      const run =
        this.#findNear(goalGroup * blocksPerGroup, groupPieceBlockCount, groupPieceBlockCount) ??
        this.#findNear(goalGroup * blocksPerGroup, count, 1);
      if (run === undefined) return this.large(count, goalGroup * blocksPerGroup);
      this.#mark(run, 1);
      piece = { next: run.first, end: run.first + run.count };
      this.#pieces.push(piece);
    }
    const first = piece.next;
    piece.next += count;
    if (piece.next === piece.end) this.#pieces = this.#pieces.filter((each) => each !== piece);
    return [{ first, count }];
  }

  /** Blocks of a large file from `goal` on, in as few pieces as free space allows. @throws RangeError where it is full */
  large(count: number, goal: number): BlockRange[] {
    const runs: BlockRange[] = [];
    let remaining = count;
    let from = goal;
    while (remaining > 0) {
      const here = this.#freeAt(from, remaining);
      let run: BlockRange | undefined = here > 0 ? { first: from, count: here } : undefined;
      for (let want = Math.min(remaining, largestPieceBlockCount); run === undefined && want >= 1; want = want >> 1) {
        run = this.#findNear(from, want, 1);
      }
      if (run === undefined) throw new RangeError('the modelled file system is full');
      this.#mark(run, 1);
      runs.push(run);
      remaining -= run.count;
      from = run.first + run.count;
    }
    return runs;
  }

  /** Gives blocks back; they are free after {@link release}. */
  free(runs: readonly BlockRange[]): void {
    this.#freed.push(...runs);
  }

  /** A commit: what was given back before it can be used again. */
  release(): void {
    for (const run of this.#freed) this.#mark(run, 0);
    this.#freed = [];
  }

  #freeAt(block: number, limit: number): number {
    if (block >= this.#layout.blockCount) return 0;
    const used = this.#group(Math.floor(block / blocksPerGroup));
    const from = block % blocksPerGroup;
    if (used[from] !== 0) return 0;
    const end = used.indexOf(1, from);
    return Math.min(limit, (end === -1 ? used.length : end) - from);
  }

  /** The first `count` free blocks from `goal` on, round the disk, starting at a multiple of `align`. */
  #findNear(goal: number, count: number, align: number): BlockRange | undefined {
    const { groupCount } = this.#layout;
    const goalGroup = Math.floor(goal / blocksPerGroup) % groupCount;
    for (let step = 0; step <= groupCount; step++) {
      const group = (goalGroup + step) % groupCount;
      const used = this.#group(group);
      let from = used.indexOf(0, step === 0 ? goal % blocksPerGroup : 0);
      while (from !== -1) {
        from = Math.ceil(from / align) * align;
        const next = used.indexOf(1, from);
        const end = next === -1 ? used.length : next;
        if (end - from >= count) return { first: group * blocksPerGroup + from, count };
        from = next === -1 ? -1 : used.indexOf(0, next);
      }
    }
    return undefined;
  }

  #mark({ first, count }: BlockRange, value: 0 | 1): void {
    const from = first % blocksPerGroup;
    this.#group(Math.floor(first / blocksPerGroup)).fill(value, from, from + count);
  }

  /** One byte a block, made when the group is first looked at. */
  #group(group: number): Uint8Array {
    const known = this.#groups[group];
    if (known) return known;
    const used = new Uint8Array(this.#layout.blocksIn(group));
    used.fill(1, 0, this.#layout.reservedBlockCount(group));
    const { first, count } = this.#layout.journal;
    const base = group * blocksPerGroup;
    if (first + count > base && first < base + used.length) {
      used.fill(1, Math.max(0, first - base), Math.max(0, first + count - base));
    }
    this.#groups[group] = used;
    return used;
  }
}
