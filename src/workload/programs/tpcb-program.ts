import type { GuestFileSystem } from '../file-system/file-system.ts';
import type { GuestFile } from '../file-system/guest-file.ts';
import { ReadAhead } from '../file-system/read-ahead.ts';
import { Random } from '../random.ts';

/** pgbench's TPC-B on PostgreSQL. */
export interface TpcbParameters {
  /** `-s`: each has 100,000 accounts. */
  readonly scale: number;
  readonly transactions: number;
  /** PostgreSQL's `shared_buffers`, bytes. */
  readonly sharedBufferBytes: number;
  /** Transactions that one write of the log commits together, on average. */
  readonly commitsPerSync: number;
  /** Transactions between two checkpoints; 0 for none but the last. */
  readonly checkpointEvery: number;
  readonly seed: number;
}

const pageBytes = 8192;
const accountsPerScale = 100_000;
const accountsPerPage = 61;
const accountsPerLeaf = 366;
const historyRowsPerPage = 157;
const segmentBytes = 16 * 2 ** 20;
/** Log of one transaction without page images: four updates or inserts and a commit. */
const recordBytes = 560;
/** A page image leaves out the unused middle of its page. */
const imageBytes = 8000;
const insertBytes = 2 ** 20;

/**
 * `pgbench` on PostgreSQL with its defaults: each transaction looks an account up in its index, changes it, and adds a row
 * to the history; tellers and branches stay in memory. Tables are loaded full, so the first change of a page moves a row to
 * the end of the table and adds to the index. Pages live in shared buffers and are written to the file system
 * when they are driven out; the log has an image of each page changed for the first time since a checkpoint, is
 * written from the last page that was not full, and synced for several transactions at once. A checkpoint writes every
 * changed page and syncs.
 *
 * @source PostgreSQL 15, documentation: pgbench, 30.4 "WAL Configuration" and 19.5 (full_page_writes); rows and keys of a
 *   page counted from pgbench's tables
 */
export function* tpcbProgram(parameters: TpcbParameters, files: GuestFileSystem): Generator<void, void, undefined> {
  const database = new Database(parameters, files);
  yield* database.load();
  files.dropCaches();
  yield;
  for (let count = 1; count <= parameters.transactions; count++) {
    database.transaction();
    if (Math.floor(count / parameters.commitsPerSync) > Math.floor((count - 1) / parameters.commitsPerSync)) {
      database.syncLog();
    }
    if (parameters.checkpointEvery > 0 && count % parameters.checkpointEvery === 0) database.checkpoint();
    yield;
  }
  database.checkpoint();
  files.unmount();
}

/** A page of a table or an index, by one number for both. */
class Database {
  readonly #files: GuestFileSystem;
  readonly #random: Random;
  readonly #accounts: GuestFile;
  readonly #index: GuestFile;
  readonly #history: GuestFile;
  readonly #log: GuestFile;
  readonly #opens = new Map<GuestFile, ReadAhead>();
  readonly #accountCount: number;
  readonly #bufferCount: number;
  /** Page key to whether it is dirty, the one used last at the end. */
  readonly #buffers = new Map<number, boolean>();
  /** Pages whose image is in the log since the last checkpoint. */
  #imaged = new Set<number>();
  /** Pages of accounts that were full after loading and no longer are. */
  readonly #roomyPages = new Set<number>();
  #movedRowCount = 0;
  #historyRowCount = 0;
  #logEnd = 0;
  #logSynced = 0;

  constructor({ scale, sharedBufferBytes, seed }: TpcbParameters, files: GuestFileSystem) {
    this.#files = files;
    this.#random = new Random(seed, 2);
    this.#accountCount = scale * accountsPerScale;
    this.#bufferCount = Math.floor(sharedBufferBytes / pageBytes);
    const directory = files.makeDirectory();
    this.#accounts = files.create(directory);
    this.#index = files.create(directory);
    this.#history = files.create(directory);
    this.#log = files.create(files.makeDirectory());
  }

  /** `pgbench -i`: tables and index written one after the other, the log as long as it can get. */
  *load(): Generator<void, void, undefined> {
    const sizes = [
      [this.#accounts, Math.ceil(this.#accountCount / accountsPerPage) * pageBytes],
      [this.#index, Math.ceil(this.#accountCount / accountsPerLeaf) * pageBytes],
      [this.#log, 64 * segmentBytes],
    ] as const;
    for (const [file, bytes] of sizes) {
      for (let at = 0; at < bytes; at += insertBytes) {
        this.#files.write(file, at, Math.min(insertBytes, bytes - at));
        yield;
      }
    }
  }

  transaction(): void {
    const account = this.#random.below(this.#accountCount);
    const page = Math.floor(account / accountsPerPage);
    const isFull = !this.#roomyPages.has(page);
    this.#use(this.#index, Math.floor(account / accountsPerLeaf), isFull);
    this.#use(this.#accounts, page, true);
    if (isFull) this.#moveOut(page);
    this.#use(this.#history, Math.floor(this.#historyRowCount / historyRowsPerPage), true);
    this.#historyRowCount += 1;
    this.#logEnd += recordBytes;
  }

  /** The new version of a row goes to the end of the table where its page is full; the old one leaves room behind. */
  #moveOut(page: number): void {
    this.#roomyPages.add(page);
    const end = Math.ceil(this.#accountCount / accountsPerPage) + Math.floor(this.#movedRowCount / accountsPerPage);
    this.#use(this.#accounts, end, true);
    this.#movedRowCount += 1;
  }

  /** The log from the page that was not full up to its end. */
  syncLog(): void {
    const start = Math.floor(this.#logSynced / pageBytes) * pageBytes;
    const end = Math.ceil(this.#logEnd / pageBytes) * pageBytes;
    const size = this.#log.sizeBytes;
    for (let at = start; at < end; at += pageBytes) this.#files.write(this.#log, at % size, pageBytes);
    this.#files.sync(this.#log, 'data');
    this.#logSynced = this.#logEnd;
  }

  checkpoint(): void {
    for (const [key, isDirty] of this.#buffers) {
      if (!isDirty) continue;
      this.#write(key);
      this.#buffers.set(key, false);
    }
    for (const file of [this.#accounts, this.#history]) this.#files.sync(file);
    this.#imaged = new Set();
  }

  #use(file: GuestFile, page: number, changes: boolean): void {
    const key = page * 3 + this.#numberOf(file);
    const known = this.#buffers.get(key);
    if (known === undefined) {
      this.#makeRoom();
      if ((page + 1) * pageBytes <= file.sizeBytes) {
        this.#files.read(file, this.#open(file), page * pageBytes, pageBytes);
      }
    } else this.#buffers.delete(key);
    this.#buffers.set(key, known === true || changes);
    if (!changes || this.#imaged.has(key)) return;
    this.#imaged.add(key);
    this.#logEnd += imageBytes;
  }

  #makeRoom(): void {
    if (this.#buffers.size < this.#bufferCount) return;
    for (const [key, isDirty] of this.#buffers) {
      if (isDirty) this.#write(key);
      this.#buffers.delete(key);
      return;
    }
  }

  #write(key: number): void {
    const file = [this.#accounts, this.#index, this.#history][key % 3] ?? this.#accounts;
    const at = Math.floor(key / 3) * pageBytes;
    // A relation grows by whole pages, so that no page lies behind the end.
    for (let end = file.sizeBytes; end < at; end += pageBytes) this.#files.write(file, end, pageBytes);
    this.#files.write(file, at, pageBytes);
  }

  #numberOf(file: GuestFile): number {
    return file === this.#accounts ? 0 : file === this.#index ? 1 : 2;
  }

  #open(file: GuestFile): ReadAhead {
    const known = this.#opens.get(file) ?? new ReadAhead();
    this.#opens.set(file, known);
    return known;
  }
}
