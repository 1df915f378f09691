import { PageSet } from './page-set.ts';

/**
 * What a sync of a file has to bring out: separate ranges written, bytes in them beyond 4 KiB each, changes of file-system metadata, and
 * ranges given back.
 */
export type Unsynced = Pick<FileCostState, 'writes' | 'extraBytes' | 'changes' | 'discards'>;

/** What the costs of one file depend on besides the I/O itself: its end, its pages in memory, and what a sync would have to do. */
export class FileCostState {
  /** Bytes; I/O beyond it makes the file longer. */
  endBytes: number;
  /** Since the last sync: separate ranges written, bytes in them beyond 4 KiB each, changes of file-system metadata, ranges given back. */
  writes = 0;
  extraBytes = 0;
  changes = 0;
  discards = 0;
  /** Buffered modes: pages of this file in the page cache because they were used here, and those that wait to be written back. */
  readonly cached: PageSet;
  readonly dirty: PageSet;
  #lastEnd = -1;

  constructor(endBytes: number) {
    this.endBytes = endBytes;
    this.cached = new PageSet();
    this.dirty = new PageSet();
  }

  /** Whether an offset is right behind the last write. */
  follows(offset: number): boolean {
    return offset === this.#lastEnd;
  }

  /** Notes a write. @param bytes bytes of it that a sync has to bring out: less than its length where pages were dirty already */
  wrote(offset: number, length: number, bytes: number): void {
    if (this.follows(offset) && this.writes > 0) {
      this.extraBytes += bytes;
    } else if (bytes > 0) {
      this.writes++;
      this.extraBytes += Math.max(0, bytes - 4096);
    }
    this.#lastEnd = offset + length;
    if (this.#lastEnd > this.endBytes) this.endBytes = this.#lastEnd;
  }

  synced(): void {
    this.writes = 0;
    this.extraBytes = 0;
    this.changes = 0;
    this.discards = 0;
    this.dirty.clear();
  }
}
