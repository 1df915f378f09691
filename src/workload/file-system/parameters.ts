/** The file system's block and the page of the guest's cache, bytes. */
export const blockBytes = 4096;

/** Largest read that sequential access makes: `read_ahead_kb`, 128 by default. */
export const readAheadPageCount = 32;

/** Largest request of the block layer: `max_sectors_kb`, 1280 by default. */
export const largestRequestBytes = 1280 * 1024;

/**
 * What stands between a program and its disk: a guest's memory and ext4 as `mkfs.ext4` makes it.
 *
 * The two times decide only how many commits of the journal, one every five seconds, fall into a run.
 */
export interface FileSystemSpec {
  /** The area of the disk that the file system is on. */
  readonly startBytes: number;
  readonly spanBytes: number;
  /** Memory for the page cache, inodes and metadata. */
  readonly memoryBytes: number;
  /**
   * Share of the memory that may be dirty before all of it is written back: `vm.dirty_background_ratio`, 0.1 by default.
   * At 1 only want of memory writes it back, which is how a version 1 memory cgroup behaves: it has no limit of its own.
   */
  readonly dirtyRatio: number;
  /** Processor time of one call of the program, microseconds. */
  readonly callUs: number;
  /** Time that a program waits for one request, microseconds. */
  readonly waitUs: number;
  /** Whether the file system is new, so that the kernel zeroes one inode table after the other while it is in use. */
  readonly isNew: boolean;
  /** Decides in which part of the disk a directory goes. */
  readonly seed: number;
}
