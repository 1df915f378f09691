import { Operation } from '../request.ts';
import { BlockAllocator, smallFileBlockCount } from './allocator.ts';
import { Directories } from './directories.ts';
import type { Directory, GuestFile } from './guest-file.ts';
import { Journal } from './journal.ts';
import { blocksPerGroup, Ext4Layout } from './layout.ts';
import { PageCache } from './page-cache.ts';
import { blockBytes, type FileSystemSpec } from './parameters.ts';
import { PendingRequests } from './pending-requests.ts';
import type { ReadAhead, ReadWindow } from './read-ahead.ts';
import { TableZeroing } from './table-zeroing.ts';

/** An inode of ext4 and its name in the cache of names: 1128 and 192 bytes. */
const inodeMemoryBytes = 1128 + 192;
/** A metadata block with its buffer head and that of the journal. */
const metadataMemoryBytes = blockBytes + 104 + 120;
/** Pages keep at least this share of the memory, whatever inodes there are. */
const leastPageShare = 0.25;
/** Pages that reclaim looks at in one go: `SWAP_CLUSTER_MAX`. */
const reclaimBatchPageCount = 32;
/** Milliseconds from one commit to the next: `commit=5`. */
const commitMs = 5000;

/**
 * A guest's memory and ext4 between a program and its disk: what a program reads and writes goes in, the requests that
 * reach the disk come out of {@link pending}.
 *
 * - Pages stay in memory until it is full; then the oldest inactive one goes ({@link PageCache}). Reclaim passes over
 *   dirty pages, and after 32 of them everything dirty is written back, files in the order in which they became dirty, each in the order of its pages.
 * - Blocks are chosen when they are written back (delayed allocation), see {@link BlockAllocator}.
 * - A write into the middle of a page that is on the disk and not in memory reads it first.
 * - Reads bring in what Linux's read-ahead would, see {@link ReadAhead}.
 * - Changed metadata is committed every five seconds of the model's clock, see {@link Journal}, and written to its
 *   place by the write-back that follows.
 *
 * Left out: large folios, several processors
 * writing at once, and reads of metadata, which is taken to be in memory.
 *
 * The kernel wakes the write-back when all pages that reclaim took in one go, 32 at most, are dirty; that it was 32 since
 * the last time is a simplification, which reports/workload-validation compares with 32 in a row.
 *
 * @source Linux, mm/vmscan.c as of 6.x: shrink_inactive_list; fs/fs-writeback.c: writeback_sb_inodes; fs/ext4/fsync.c:
 *   ext4_sync_file, ext4_fsync_journal. Reads and writes of pages are as mm/filemap.c is documented, not read in 6.18
 */
export class GuestFileSystem {
  readonly pending: PendingRequests;
  readonly #spec: FileSystemSpec;
  readonly #cache = new PageCache<GuestFile>();
  readonly #layout: Ext4Layout;
  readonly #allocator: BlockAllocator;
  readonly #journal: Journal;
  readonly #directories: Directories;
  readonly #zeroing: TableZeroing | undefined;
  /** In the order in which they became dirty. */
  readonly #dirtyFiles = new Set<GuestFile>();
  #changedFiles = new Set<GuestFile>();
  #dirtyPageCount = 0;
  /** Dirty pages that reclaim has met since the last write-back. */
  #metDirtyCount = 0;
  #nowMs = 0;
  #commitDueMs = commitMs;

  constructor(spec: FileSystemSpec) {
    this.#spec = spec;
    this.pending = new PendingRequests(spec.startBytes);
    this.#layout = new Ext4Layout(spec.spanBytes);
    this.#allocator = new BlockAllocator(this.#layout);
    this.#journal = new Journal(this.#layout.journal, this.pending);
    this.#directories = new Directories(this.#layout, this.#allocator, this.#journal, spec.seed);
    this.#zeroing = spec.isNew ? new TableZeroing(this.#layout, this.pending) : undefined;
  }

  /** @param parent a directory below the root; without one the root */
  makeDirectory(parent?: Directory): Directory {
    return this.#directories.makeDirectory(parent);
  }

  create(directory: Directory): GuestFile {
    this.#called();
    const file = this.#directories.create(directory);
    this.#change(file);
    return file;
  }

  /** One call of `write`. @param offsetBytes up to the end of the file */
  write(file: GuestFile, offsetBytes: number, lengthBytes: number): void {
    this.#called();
    const endBytes = offsetBytes + lengthBytes;
    const first = Math.floor(offsetBytes / blockBytes);
    const last = Math.floor((endBytes - 1) / blockBytes);
    for (let page = first; page <= last; page++) {
      const coversPage =
        offsetBytes <= page * blockBytes && endBytes >= Math.min((page + 1) * blockBytes, file.sizeBytes);
      if (!file.pages.has(page)) {
        if (!coversPage && file.blockOf(page) !== -1) this.#transfer(file, page, 1, Operation.read);
        this.#cache.insert(file, page, false);
        this.#makeRoom();
      }
      this.#dirty(file, page);
    }
    file.sizeBytes = Math.max(file.sizeBytes, endBytes);
    file.isAccessTimeOld = true;
    this.#change(file);
    if (this.#dirtyPageCount * blockBytes > this.#spec.dirtyRatio * this.#spec.memoryBytes) this.#writeBack();
  }

  /** One call of `read` by an open file; what lies behind the end of the file is left out. */
  read(file: GuestFile, open: ReadAhead, offsetBytes: number, lengthBytes: number): void {
    this.#called();
    const endBytes = Math.min(file.sizeBytes, offsetBytes + lengthBytes);
    const end = Math.ceil(endBytes / blockBytes);
    const isCached = (page: number): boolean => file.pages.has(page);
    for (let page = Math.floor(offsetBytes / blockBytes); page < end; page++) {
      if (!this.#cache.use(file, page)) {
        this.#bringIn(file, open.missed(page, end - page, isCached));
        this.#cache.use(file, page);
      } else if (this.#cache.takeMark(file, page)) {
        const window = open.reached(page, end - page, isCached);
        if (window) this.#bringIn(file, window);
      }
    }
    open.ended(endBytes);
    if (!file.isAccessTimeOld) return;
    file.isAccessTimeOld = false;
    this.#change(file);
  }

  remove(file: GuestFile): void {
    this.#called();
    for (const page of [...file.pages.keys()]) this.#cache.remove(file, page);
    this.#dirtyPageCount -= file.dirtyPages.size;
    file.dirtyPages.clear();
    this.#dirtyFiles.delete(file);
    this.#directories.remove(file);
    const runs = file.extents.map(({ block, count }) => ({ first: block, count }));
    this.#touchBitmaps(runs);
    this.#allocator.free(runs);
  }

  /**
   * `fsync`, or `fdatasync` for `data`: the file's pages, then a commit where the journal has its changes, else a flush.
   * Times alone are no reason for `fdatasync` to commit.
   */
  sync(file: GuestFile, what: 'all' | 'data' = 'all'): void {
    this.writeOut(file);
    this.commitFor([file], what);
  }

  /** The first half of a sync: the file's pages go to the disk. */
  writeOut(file: GuestFile): void {
    this.#called();
    this.#writeBackFile(file);
    this.pending.cut();
  }

  /** The second half, for all that wait for it together. */
  commitFor(files: readonly GuestFile[], what: 'all' | 'data' = 'all'): void {
    const mustCommit = files.some((file) => (what === 'data' ? file.hasNewBlocks : file.hasChanged));
    if (mustCommit && this.#journal.isDirty) this.#commit();
    else this.pending.flush();
  }

  /** What `umount` writes: everything dirty, the journal, and the metadata to its places. */
  unmount(): void {
    this.#writeBack();
    if (this.#journal.isDirty) this.#commit();
    this.#journal.checkpoint();
    this.pending.flush();
  }

  /** Programs start with an empty cache: everything is written back and forgotten. */
  dropCaches(): void {
    this.#writeBack();
    if (this.#journal.isDirty) this.#commit();
    this.#journal.checkpoint();
    for (let oldest = this.#cache.oldest(); oldest; oldest = this.#cache.oldest()) {
      this.#cache.remove(oldest.file, oldest.page);
    }
  }

  #called(): void {
    this.#pass(this.#spec.callUs);
    this.#zeroing?.pass(this.#nowMs);
    if (this.#nowMs < this.#commitDueMs) return;
    this.#commitDueMs = this.#nowMs + commitMs;
    if (this.#journal.isDirty) this.#commit();
  }

  #pass(microseconds: number): void {
    this.#nowMs += microseconds / 1000;
  }

  #change(file: GuestFile): void {
    this.#journal.touch(file.inodeBlock);
    file.hasChanged = true;
    this.#changedFiles.add(file);
  }

  #commit(): void {
    this.#journal.commit();
    this.#allocator.release();
    for (const file of this.#changedFiles) file.committed();
    this.#changedFiles = new Set();
  }

  #dirty(file: GuestFile, page: number): void {
    if (file.dirtyPages.has(page)) return;
    file.dirtyPages.add(page);
    this.#dirtyPageCount += 1;
    this.#dirtyFiles.add(file);
  }

  #makeRoom(): void {
    const { memoryBytes } = this.#spec;
    const taken = this.#directories.fileCount * inodeMemoryBytes + this.#journal.heldBlockCount * metadataMemoryBytes;
    const budget = Math.max(memoryBytes - taken, memoryBytes * leastPageShare);

    while (this.#cache.usedBytes > budget) {
      const oldest = this.#cache.oldest();
      if (oldest === undefined) return;
      if (oldest.file.dirtyPages.has(oldest.page)) this.#meetDirty(oldest.file, oldest.page);
      else this.#cache.evict(oldest.file, oldest.page);
    }
  }

  /** Reclaim passes over a dirty page, which becomes active, and wakes the write-back after a batch of them. */
  #meetDirty(file: GuestFile, page: number): void {
    this.#cache.activate(file, page);
    this.#metDirtyCount += 1;
    if (this.#metDirtyCount === reclaimBatchPageCount) this.#writeBack();
  }

  #writeBack(): void {
    for (const file of [...this.#dirtyFiles]) this.#writeBackFile(file);
    this.#journal.checkpoint();
    this.pending.cut();
    this.#metDirtyCount = 0;
  }

  #writeBackFile(file: GuestFile): void {
    const pages = Float64Array.from(file.dirtyPages).sort();
    for (let from = 0; from < pages.length; ) {
      const first = pages[from] ?? 0;
      let to = from + 1;
      while (to < pages.length && pages[to] === first + to - from) to += 1;
      this.#allocate(file, first, to - from);
      this.#transfer(file, first, to - from, Operation.write);
      from = to;
    }
    this.#dirtyPageCount -= pages.length;
    file.dirtyPages.clear();
    this.#dirtyFiles.delete(file);
  }

  /** Blocks for those pages that have none. */
  #allocate(file: GuestFile, first: number, count: number): void {
    const end = first + count;
    for (let page = first; page < end; ) {
      if (file.blockOf(page) !== -1) {
        page += 1;
        continue;
      }
      let to = page + 1;
      while (to < end && file.blockOf(to) === -1) to += 1;
      const goalGroup = this.#layout.fileGroup(file.directory.flex);
      const isSmall = file.sizeBytes <= smallFileBlockCount * blockBytes;
      const before = page === 0 ? -1 : file.blockOf(page - 1);
      const runs = isSmall
        ? this.#allocator.small(to - page, goalGroup)
        : this.#allocator.large(to - page, before === -1 ? goalGroup * blocksPerGroup : before + 1);
      file.map(page, runs);
      this.#touchBitmaps(runs);
      this.#change(file);
      file.hasNewBlocks = true;
      page = to;
    }
  }

  #touchBitmaps(runs: readonly { readonly first: number }[]): void {
    for (const { first } of runs) {
      const group = Math.floor(first / blocksPerGroup);
      this.#journal.touch(this.#layout.blockBitmap(group));
      this.#journal.touch(this.#layout.descriptorBlock(group));
    }
  }

  /** Reads the pages of a window that are not cached, up to the end of the file. */
  #bringIn(file: GuestFile, { first, count, marked }: ReadWindow): void {
    const end = Math.min(first + count, Math.ceil(file.sizeBytes / blockBytes));
    for (let page = first; page < end; ) {
      if (file.pages.has(page)) {
        page += 1;
        continue;
      }
      let to = page;
      while (to < end && !file.pages.has(to)) {
        this.#cache.insert(file, to, to === marked);
        to += 1;
      }
      this.#transfer(file, page, to - page, Operation.read);
      page = to;
    }
    this.#makeRoom();
  }

  /** Requests for neighbouring pages, one for each run of blocks. */
  #transfer(file: GuestFile, first: number, count: number, operation: Operation): void {
    const isRead = operation === Operation.read;
    let runStart = -1;
    let runCount = 0;
    const end = (): void => {
      if (runCount === 0) return;
      this.pending.add(operation, runStart * blockBytes, runCount * blockBytes);
      if (isRead) this.#pass(this.#spec.waitUs);
    };
    if (isRead) this.pending.cut();
    for (let page = first; page < first + count; page++) {
      const block = file.blockOf(page);
      if (block === runStart + runCount && runCount > 0) runCount += 1;
      else {
        end();
        runStart = block;
        runCount = block === -1 ? 0 : 1;
      }
    }
    end();
    if (isRead) this.pending.cut();
  }
}
