/**
 * PostMark's parameters under its own names (`set number 500`, …) and, behind them, how its files are put on a disk.
 *
 * @source PostMark 1.51, postmark.c; Katcher, "PostMark: a new file system benchmark", NetApp TR3022, 1997
 */
export interface PostmarkParameters {
  /** Files made before the transactions; the file table has twice as many slots. Default 500. */
  readonly number: number;
  /** Each reads or appends to one file, then creates or deletes one. Default 500. */
  readonly transactions: number;
  /** Smallest file and the bound that the largest stays below, bytes. Default 500 and 10,000. */
  readonly sizeLow: number;
  readonly sizeHigh: number;
  /** Chance in tenths of a read against an append, and of a create against a delete; −1 leaves the pair out. Default 5. */
  readonly biasRead: number;
  readonly biasCreate: number;
  /** Above 1, one more draw per created file picks its directory. Default 0. */
  readonly subdirectories: number;
  /** Default 42. */
  readonly seed: number;
}

/** Parameters and the disk area that the files live in. */
export interface PostmarkSpec extends PostmarkParameters {
  readonly startBytes: number;
  readonly spanBytes: number;
  /**
   * `true`: a file's contiguous blocks go out in one request (up to 128 KiB for reads and 1 MiB for writes), as the page
   * cache does. `false`: in requests of the tool's read and write block, in whole blocks of the file system.
   */
  readonly buffering: boolean;
  /** Bytes a read or write call takes without buffering. Default 512. */
  readonly readBlock: number;
  readonly writeBlock: number;
  /** Whether deleting a file trims its blocks, as with the mount option `discard`. */
  readonly trim: boolean;
  /** Transactions between two commits of file-system metadata, each ending in a sync; 0 leaves metadata out. */
  readonly commitEvery: number;
}

export const postmarkDefaults: PostmarkParameters = {
  number: 500,
  transactions: 500,
  sizeLow: 500,
  sizeHigh: 10_000,
  biasRead: 5,
  biasCreate: 5,
  subdirectories: 0,
  seed: 42,
};
