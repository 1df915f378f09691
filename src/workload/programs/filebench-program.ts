import type { GuestFileSystem } from '../file-system/file-system.ts';
import type { Directory, GuestFile } from '../file-system/guest-file.ts';
import { ReadAhead } from '../file-system/read-ahead.ts';
import { Random } from '../random.ts';
import { gammaSize } from './gamma.ts';

export const filebenchPersonalities = ['fileserver', 'varmail', 'webserver', 'oltp'] as const;
export type FilebenchPersonality = (typeof filebenchPersonalities)[number];

/** A personality and its variables; the run ends after a number of loops of its threads in place of a time. */
export interface FilebenchParameters {
  readonly personality: FilebenchPersonality;
  readonly files: number;
  /** Mean of the gamma distribution of sizes, bytes; of oltp the size of each data file. */
  readonly meanFileBytes: number;
  /** Threads take turns, one operation each. */
  readonly threads: number;
  readonly loops: number;
  readonly seed: number;
}

const transferBytes = 2 ** 20;
const meanAppendBytes = 16 * 1024;
const filesPerDirectory = 20;

/**
 * The four personalities that filebench is known for, as calls of a file system. Files are made first, then written back
 * and forgotten, as filebench asks for; then the threads go through their loops, each by turns one operation.
 *
 * @source filebench 1.5, workloads/fileserver.f, varmail.f, webserver.f and oltp.f
 */
export function* filebenchProgram(
  parameters: FilebenchParameters,
  files: GuestFileSystem,
): Generator<void, void, undefined> {
  const set = new FileSet(parameters, files);
  yield* set.make();
  files.dropCaches();
  yield;
  const loop = loops[parameters.personality];
  const threads = Array.from({ length: Math.min(parameters.threads, parameters.loops) }, () => loop(set));
  let remaining = parameters.loops - threads.length;
  while (threads.length > 0) {
    for (let index = 0; index < threads.length; index++) {
      if (threads[index]?.next().done === true) {
        if (remaining > 0) threads[index] = loop(set);
        else threads.splice(index--, 1);
        remaining -= 1;
      }
      yield;
    }
  }
  files.unmount();
}

type Loop = (set: FileSet) => Generator<void, void, undefined>;

const loops: Readonly<Record<FilebenchPersonality, Loop>> = { fileserver, varmail, webserver, oltp };

function* fileserver(set: FileSet): Generator<void, void, undefined> {
  const created = set.create();
  set.append(created, set.size());
  yield;
  set.append(set.pick(), set.appendSize());
  yield;
  set.readWhole(set.pick());
  yield;
  set.deleteAny();
}

function* varmail(set: FileSet): Generator<void, void, undefined> {
  set.deleteAny();
  yield;
  const created = set.create();
  set.append(created, set.appendSize());
  set.files.sync(created);
  yield;
  const opened = set.pick();
  set.readWhole(opened);
  set.append(opened, set.appendSize());
  set.files.sync(opened);
  yield;
  set.readWhole(set.pick());
}

function* webserver(set: FileSet): Generator<void, void, undefined> {
  for (let count = 0; count < 10; count++) {
    set.readWhole(set.pick());
    yield;
  }
  set.append(set.log(), set.appendSize());
}

/** The database writers write when 1,000 reads were done and the log writer after 3,200: its semaphores. */
const readsPerDatabaseWrite = 10;
const readsPerLogWrite = 3200;
const oltpReadBytes = 2048;
const oltpLogBytes = 256 * 1024;

function* oltp(set: FileSet): Generator<void, void, undefined> {
  set.readAt(set.pick(), oltpReadBytes);
  if (set.takes(readsPerDatabaseWrite)) set.writeAt(set.pick(), oltpReadBytes);
  if (set.takes(readsPerLogWrite)) set.writeAt(set.log(), oltpLogBytes);
  yield;
}

/** The files of a run: those that exist, in no order, and the log. */
class FileSet {
  readonly files: GuestFileSystem;
  readonly #parameters: FilebenchParameters;
  readonly #random: Random;
  readonly #existing: GuestFile[] = [];
  readonly #directories: Directory[] = [];
  readonly #calls = new Map<number, number>();
  #log: GuestFile | undefined;

  constructor(parameters: FilebenchParameters, files: GuestFileSystem) {
    this.files = files;
    this.#parameters = parameters;
    this.#random = new Random(parameters.seed, 1);
    const isFlat = parameters.personality === 'varmail' || parameters.personality === 'oltp';
    const count = isFlat ? 1 : Math.ceil(parameters.files / filesPerDirectory);
    for (let index = 0; index < count; index++) this.#directories.push(files.makeDirectory());
  }

  /** The files that are there from the start: all of those that are only read, four in five of the others. */
  *make(): Generator<void, void, undefined> {
    const { personality, files, meanFileBytes } = this.#parameters;
    const isFixed = personality === 'oltp';
    const share = personality === 'webserver' || isFixed ? 1 : 0.8;
    for (let count = 0; count < Math.ceil(files * share); count++) {
      this.append(this.create(), isFixed ? meanFileBytes : this.size());
      yield;
    }
    if (personality !== 'webserver' && !isFixed) return;
    this.#log = this.files.create(this.#directories[0] ?? this.files.makeDirectory());
    this.append(this.#log, meanFileBytes);
  }

  size(): number {
    return gammaSize(this.#random, this.#parameters.meanFileBytes);
  }

  /** Appends are uniform up to twice their mean. */
  appendSize(): number {
    return 1 + this.#random.below(2 * meanAppendBytes - 1);
  }

  create(): GuestFile {
    const directory = this.#directories[this.#random.below(this.#directories.length)];
    if (directory === undefined) throw new RangeError('there is a directory');
    const file = this.files.create(directory);
    this.#existing.push(file);
    return file;
  }

  pick(): GuestFile {
    const file = this.#existing[this.#random.below(this.#existing.length)];
    return file ?? this.create();
  }

  log(): GuestFile {
    return this.#log ?? this.pick();
  }

  deleteAny(): void {
    const index = this.#random.below(this.#existing.length);
    const file = this.#existing[index];
    const last = this.#existing.pop();
    if (file === undefined || last === undefined) return;
    if (last !== file) this.#existing[index] = last;
    this.files.remove(file);
  }

  append(file: GuestFile, bytes: number): void {
    for (let done = 0; done < bytes; done += transferBytes) {
      this.files.write(file, file.sizeBytes, Math.min(transferBytes, bytes - done));
    }
  }

  readWhole(file: GuestFile): void {
    const open = new ReadAhead();
    for (let at = 0; at < file.sizeBytes; at += transferBytes) this.files.read(file, open, at, transferBytes);
  }

  readAt(file: GuestFile, bytes: number): void {
    this.files.read(file, new ReadAhead(), this.#place(file, bytes), bytes);
  }

  /** A write that is on the disk when the call returns: `dsync`. */
  writeAt(file: GuestFile, bytes: number): void {
    this.files.write(file, this.#place(file, bytes), bytes);
    this.files.sync(file);
  }

  /** Whether this is the n-th call with this n. */
  takes(every: number): boolean {
    const calls = (this.#calls.get(every) ?? 0) + 1;
    this.#calls.set(every, calls % every);
    return calls === every;
  }

  #place(file: GuestFile, bytes: number): number {
    return this.#random.below(Math.max(1, Math.floor(file.sizeBytes / bytes))) * bytes;
  }
}
