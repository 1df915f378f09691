import type { GuestFileSystem } from '../file-system/file-system.ts';
import type { GuestFile } from '../file-system/guest-file.ts';
import { ReadAhead } from '../file-system/read-ahead.ts';
import { Random } from '../random.ts';
import { nothing, type Thread } from './filebench-threads.ts';

const transferBytes = 2048;
const logTransferBytes = 256 * 1024;
/** Reads that a writer of the data, and that of the log, waits for: each read posts to all of them. */
const readsPerRound = 1000;
const readsPerLogWrite = 3200;
/** Reads that may be ahead of the writers before they wait: `highwater`. */
const readsAhead = 2000;
/** Places that each of the ten writers goes through between two waits. */
const placesPerRound = 100;
/**
 * The ten writers are processes that start the program's random numbers with the same seed: they write to the same places
 * at about the same time, so that most writes meet in the page cache. How often a place goes to the disk nevertheless, and
 * how many such writes one commit serves, was counted in a recording: 48,100 writes of the program became 13,300 of the
 * disk in 400 commits.
 */
const writesOfPlace = 3;
const writesPerCommit = 34;

/**
 * The database: threads that read, the writers of the data files in step with each other, and the writer of the log. They
 * write before they first wait, and everything that they write is synced.
 *
 * @source filebench 1.5-alpha3, workloads/oltp.f; flowop_library.c: flowoplib_sempost, which posts to each instance
 */
export function oltpThreads(
  files: GuestFileSystem,
  seed: number,
  data: readonly GuestFile[],
  log: readonly GuestFile[],
  threadCount: number,
  loops: number,
): readonly Thread[] {
  let reads = 0;
  let readsAnswered = 0;
  function* reader(): Thread {
    const places = new Places(seed, data);
    while (reads < loops) {
      while (reads >= readsAnswered + readsAhead) yield nothing;
      reads += 1;
      const { file, offsetBytes } = places.next(transferBytes);
      files.read(file, new ReadAhead(), offsetBytes, transferBytes);
      yield nothing;
    }
  }
  function* untilRead(due: number): Thread {
    while (reads < due && reads < loops) yield nothing;
  }
  function* dataWriters(): Thread {
    const places = new Places(seed, data);
    for (let due = readsPerRound; reads < loops; due += readsPerRound) {
      for (let done = 0; done < placesPerRound; done += writesPerCommit) {
        const count = Math.min(writesPerCommit, placesPerRound - done);
        const batch = Array.from({ length: count }, () => places.next(transferBytes));
        for (let pass = 0; pass < writesOfPlace; pass++) {
          for (const { file, offsetBytes } of batch) files.write(file, offsetBytes, transferBytes);
          yield batch.map(({ file }) => file);
        }
      }
      yield* untilRead(due);
      readsAnswered = due;
    }
  }
  function* logWriter(): Thread {
    const places = new Places(seed, log);
    for (let due = readsPerLogWrite; reads < loops; due += readsPerLogWrite) {
      const { file, offsetBytes } = places.next(logTransferBytes);
      files.write(file, offsetBytes, logTransferBytes);
      yield [file];
      yield* untilRead(due);
    }
  }
  return [...Array.from({ length: Math.min(threadCount, loops) }, reader), dataWriters(), logWriter()];
}

/** Where a process reads or writes: one file after the other, anywhere in it. */
class Places {
  readonly #files: readonly GuestFile[];
  readonly #random: Random;
  #hand = 0;

  constructor(seed: number, files: readonly GuestFile[]) {
    this.#files = files;
    this.#random = new Random(seed, 2);
  }

  next(bytes: number): { readonly file: GuestFile; readonly offsetBytes: number } {
    const file = this.#files[this.#hand++ % this.#files.length];
    if (file === undefined) throw new RangeError('there are files');
    const offsetBytes = this.#random.below(Math.max(1, Math.floor(file.sizeBytes / bytes))) * bytes;
    return { file, offsetBytes };
  }
}
