import type { GuestFileSystem } from '../file-system/file-system.ts';
import type { Directory, GuestFile } from '../file-system/guest-file.ts';
import { ReadAhead } from '../file-system/read-ahead.ts';
import type { Random } from '../random.ts';

const transferBytes = 2 ** 20;

/** A file that may exist or not: place, and the size with which it is made, stay the same. */
export interface Entry {
  readonly directory: Directory;
  readonly sizeBytes: number;
  file: GuestFile | undefined;
  /** Threads that have it open; an open file is not deleted. */
  openCount: number;
}

/**
 * A set of files as filebench keeps one: `existing` and `missing` go round the entries in their order, all threads with
 * the same two hands, so that nothing is picked twice before the hand comes round again.
 *
 * @source filebench 1.5-alpha3, fileset.c: fileset_pick, fileset_create; flowop_library.c: flowoplib_openfile_common,
 *   flowoplib_deletefile, flowoplib_appendfilerand
 */
export class FileSet {
  readonly files: GuestFileSystem;
  readonly #entries: readonly Entry[];
  readonly #random: Random;
  #existingHand = 0;
  #missingHand = 0;

  /** @param sizes of the entries, in bytes; each directory gets as many as another */
  constructor(files: GuestFileSystem, random: Random, directories: readonly Directory[], sizes: readonly number[]) {
    this.files = files;
    this.#random = random;
    const perDirectory = Math.ceil(sizes.length / directories.length);
    this.#entries = sizes.map((sizeBytes, index) => {
      const directory = directories[Math.floor(index / perDirectory)];
      if (directory === undefined) throw new RangeError('there are directories for all files');
      return { directory, sizeBytes, file: undefined, openCount: 0 };
    });
  }

  /** Makes the files that are there from the start, in no order. @param share of the entries, each by chance */
  *make(share: number): Generator<void, void, undefined> {
    const order = [...this.#entries];
    for (let end = order.length; end > 0; end--) {
      const index = this.#random.below(end);
      const entry = order[index];
      const last = order[end - 1];
      if (entry === undefined || last === undefined) return;
      order[index] = last;
      if (share < 1 && this.#random.fraction() >= share) continue;
      entry.file = this.files.create(entry.directory);
      this.writeWhole(entry);
      yield;
    }
  }

  /** All files that exist, in the order of the entries. */
  existing(): readonly GuestFile[] {
    return this.#entries.flatMap(({ file }) => file ?? []);
  }

  /** The file of an entry, as those that a thread syncs. */
  filesOf({ file }: Entry): readonly GuestFile[] {
    return file === undefined ? [] : [file];
  }

  /** Makes the next missing file, open; undefined where all exist. */
  create(): Entry | undefined {
    const index = this.#next(this.#missingHand, (entry) => entry.file === undefined && entry.openCount === 0);
    const entry = this.#entries[index];
    if (entry === undefined) return undefined;
    this.#missingHand = index + 1;
    entry.openCount += 1;
    entry.file = this.files.create(entry.directory);
    return entry;
  }

  /** Opens the next file. @throws RangeError where there is none */
  open(): Entry {
    const entry = this.#nextExisting();
    entry.openCount += 1;
    return entry;
  }

  close(entry: Entry): void {
    entry.openCount -= 1;
  }

  /** Goes by the next file, as looking at its inode does. */
  pass(): void {
    this.#nextExisting();
  }

  /** Deletes the next file, unless somebody has it open. */
  deleteNext(): void {
    const entry = this.#nextExisting();
    if (entry.openCount > 0 || entry.file === undefined) return;
    this.files.remove(entry.file);
    entry.file = undefined;
  }

  /** Writes the entry's size in calls of 1 MiB. */
  writeWhole({ file, sizeBytes }: Entry): void {
    for (let at = 0; file !== undefined && at < sizeBytes; at += transferBytes) {
      this.files.write(file, at, Math.min(transferBytes, sizeBytes - at));
    }
  }

  /** A write at the end, evenly of 0 to less than `limitBytes`. */
  append({ file }: Entry, limitBytes: number): void {
    const bytes = this.#random.below(limitBytes);
    if (file !== undefined && bytes > 0) this.files.write(file, file.sizeBytes, bytes);
  }

  /** Reads from start to end in calls of 1 MiB. */
  readWhole({ file }: Entry): void {
    if (file === undefined) return;
    const open = new ReadAhead();
    for (let at = 0; at < file.sizeBytes; at += transferBytes) this.files.read(file, open, at, transferBytes);
  }

  #nextExisting(): Entry {
    const index = this.#next(this.#existingHand, (entry) => entry.file !== undefined);
    const entry = this.#entries[index];
    if (entry === undefined) throw new RangeError('filebench has no file left: it needs more files or fewer threads');
    this.#existingHand = index + 1;
    return entry;
  }

  #next(hand: number, isWanted: (entry: Entry) => boolean): number {
    const count = this.#entries.length;
    for (let step = 0; step < count; step++) {
      const index = (hand + step) % count;
      const entry = this.#entries[index];
      if (entry !== undefined && isWanted(entry)) return index;
    }
    return -1;
  }
}
