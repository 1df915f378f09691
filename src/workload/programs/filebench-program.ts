import type { GuestFileSystem } from '../file-system/file-system.ts';
import { Random } from '../random.ts';
import { type Entry, FileSet } from './filebench-files.ts';
import { oltpThreads } from './filebench-oltp.ts';
import { nothing, runThreads, type Thread } from './filebench-threads.ts';
import { gammaSize } from './gamma.ts';

export const filebenchPersonalities = ['fileserver', 'varmail', 'webserver', 'oltp'] as const;
export type FilebenchPersonality = (typeof filebenchPersonalities)[number];

/** A personality and its variables; the run ends after a number of loops of its threads in place of a time. */
export interface FilebenchParameters {
  readonly personality: FilebenchPersonality;
  readonly files: number;
  /** Mean of the gamma distribution of sizes, bytes; of oltp the size of each data file. */
  readonly meanFileBytes: number;
  /** Threads, of which any makes the next operation. */
  readonly threads: number;
  readonly loops: number;
  readonly seed: number;
}

/** `meanappendsize`, which is not the mean but the end of what appends draw from. */
const appendLimitBytes = 16 * 1024;
const filesPerDirectory = 20;
const logFileBytes = 10 * 2 ** 20;
/** Share of the files that are made first where files come and go. */
const madeShare = 0.8;

/**
 * The four personalities that filebench is known for, as calls of a file system. Files are made first, then the threads
 * go through their loops, without anything written back or forgotten in between. While one commit runs, the threads that
 * sync gather for the next, so that a commit serves half of varmail's.
 *
 * @source filebench 1.5-alpha3, workloads/fileserver.f, varmail.f, webserver.f and oltp.f
 */
export function* filebenchProgram(
  parameters: FilebenchParameters,
  files: GuestFileSystem,
): Generator<void, void, undefined> {
  const { personality, threads } = parameters;
  const random = new Random(parameters.seed, 1);
  if (personality === 'oltp') {
    yield* runThreads(yield* database(parameters, files, random), files, 1, random);
  } else {
    const half = Math.max(1, Math.floor(threads / 2));
    yield* runThreads(yield* fileThreads(parameters, files, random), files, half, random);
  }
  files.unmount();
}

/** Makes the log and the data files, each whole. */
function* database(
  parameters: FilebenchParameters,
  files: GuestFileSystem,
  random: Random,
): Generator<void, readonly Thread[], undefined> {
  const logs = new FileSet(files, random, [files.makeDirectory()], [logFileBytes]);
  yield* logs.make(1);
  const sizes = Array.from({ length: parameters.files }, () => parameters.meanFileBytes);
  const data = new FileSet(files, random, [files.makeDirectory()], sizes);
  yield* data.make(1);
  return oltpThreads(files, parameters.seed, data.existing(), logs.existing(), parameters.threads, parameters.loops);
}

/** Makes the files of the other personalities. */
function* fileThreads(
  parameters: FilebenchParameters,
  files: GuestFileSystem,
  random: Random,
): Generator<void, readonly Thread[], undefined> {
  const { personality, threads, loops } = parameters;
  const size = (): number => gammaSize(random, parameters.meanFileBytes);
  const isWebserver = personality === 'webserver';
  const logs = isWebserver ? new FileSet(files, random, [files.makeDirectory()], [size()]) : undefined;
  if (logs) yield* logs.make(1);
  const top = files.makeDirectory();
  const count = personality === 'varmail' ? 0 : Math.ceil(parameters.files / filesPerDirectory);
  const directories = count === 0 ? [top] : Array.from({ length: count }, () => files.makeDirectory(top));
  const set = new FileSet(files, random, directories, Array.from({ length: parameters.files }, size));
  yield* set.make(isWebserver ? 1 : madeShare);
  const log = logs?.open();
  const loop = (): Thread => {
    if (log) return webserver(set, log);
    return personality === 'varmail' ? varmail(set) : fileserver(set);
  };
  let remaining = loops;
  function* thread(): Thread {
    while (remaining-- > 0) yield* loop();
  }
  return Array.from({ length: Math.min(threads, loops) }, thread);
}

function* fileserver(set: FileSet): Thread {
  const created = set.create();
  if (created === undefined) return;
  set.writeWhole(created);
  yield nothing;
  set.close(created);
  const extended = set.open();
  set.append(extended, appendLimitBytes);
  yield nothing;
  set.close(extended);
  const read = set.open();
  set.readWhole(read);
  yield nothing;
  set.close(read);
  set.deleteNext();
  yield nothing;
  set.pass();
}

function* varmail(set: FileSet): Thread {
  set.deleteNext();
  yield nothing;
  const created = set.create();
  if (created === undefined) return;
  set.append(created, appendLimitBytes);
  yield set.filesOf(created);
  set.close(created);
  const answered = set.open();
  set.readWhole(answered);
  set.append(answered, appendLimitBytes);
  yield set.filesOf(answered);
  set.close(answered);
  const read = set.open();
  set.readWhole(read);
  yield nothing;
  set.close(read);
}

function* webserver(set: FileSet, log: Entry): Thread {
  for (let count = 0; count < 10; count++) {
    const page = set.open();
    set.readWhole(page);
    yield nothing;
    set.close(page);
  }
  set.append(log, appendLimitBytes);
  yield nothing;
}
