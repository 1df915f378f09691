import { constants } from 'node:fs';
import { type FileHandle, open, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EnvironmentError, InputError, UsageError } from '../errors.ts';
import { type JournalLock, lockJournal } from './journal-lock.ts';
import { type Journal, readJournal } from './journal-reader.ts';
import { maximumLineBytes } from './line-reader.ts';
import type { JournalRecord } from './record.ts';

/** How a journal is opened for writing. */
export interface JournalOpenOptions {
  /** Go on with an existing journal; without it an existing one is refused. */
  readonly resume: boolean;
  /** The id of this process, for the lock. */
  readonly pid: number;
}

/** A record that is not safely on disk. It travels with the error so that whoever reports it can show it. */
export class JournalWriteError extends EnvironmentError {
  /** The record's line, without its newline. */
  readonly recordLine: string;

  constructor(path: string, action: string, recordLine: string, cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    super(`${path}: ${action} (${code === 'ENOSPC' ? 'no space left on the device' : code}); no more trials are run`, {
      hint: 'The records before this one are kept. Make room, then go on with the same command and --resume.',
      cause,
    });
    this.recordLine = recordLine;
  }
}

/**
 * The one writer of a journal. A record is one line and one write call, followed by fdatasync: once {@link append}
 * returns, neither SIGKILL nor a full disk nor a power cut loses it. After a failed write or fdatasync nothing more is
 * written, since the kernel may report success the second time without having stored anything; the line is cut back, so
 * that the file ends with the last record that is safe.
 */
export class JournalWriter {
  readonly path: string;
  /** What was there before, with `resume`; its trials need not be run again. */
  readonly existing: Journal | undefined;
  /** Bytes of an unfinished last line that were cut off at opening. */
  readonly cutBytes: number;
  readonly #file: FileHandle;
  readonly #lock: JournalLock;
  #lengthBytes: number;
  #failure: JournalWriteError | undefined;

  private constructor(
    path: string,
    file: FileHandle,
    lock: JournalLock,
    existing: Journal | undefined,
    cutBytes: number,
  ) {
    this.path = path;
    this.existing = existing;
    this.cutBytes = cutBytes;
    this.#file = file;
    this.#lock = lock;
    this.#lengthBytes = existing?.wholeBytes ?? 0;
  }

  /**
   * Takes the lock and opens the file. An empty file counts as none. With `resume` an unfinished last line is cut off;
   * without a journal to go on with, a new one is made.
   *
   * @throws UsageError where the journal exists and `resume` is not set, where another process writes it, or where the
   *   path is no regular file; InputError for a damaged journal; EnvironmentError where the file cannot be made
   */
  static async open(path: string, options: JournalOpenOptions): Promise<JournalWriter> {
    await lengthOf(path); // Before the lock, so that none is made beside a device.
    const lock = await lockJournal(path, options.pid);
    try {
      return await openLocked(path, lock, options, (...parts) => new JournalWriter(...parts));
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Writes records that belong together in one go: a kill leaves all of them or hardly ever a part. @throws JournalWriteError where it is not safely on disk, now and for every later record */
  async append(...records: readonly JournalRecord[]): Promise<void> {
    const line = records.map((record) => JSON.stringify(record)).join('\n');
    if (this.#failure) throw new JournalWriteError(this.path, 'writing has failed before', line, this.#failure.cause);
    const bytes = Buffer.from(`${line}\n`);
    let action = 'the record could not be written';
    try {
      for (let written = 0; written < bytes.length; ) {
        // One call, unless the disk fills up in the middle: then the next one tells why.
        written += (await this.#file.write(bytes, written)).bytesWritten;
      }
      action = 'the record could not be flushed to disk';
      await this.#file.datasync();
    } catch (error) {
      this.#failure = new JournalWriteError(this.path, action, line, error);
      await this.#file.truncate(this.#lengthBytes).catch(() => undefined);
      throw this.#failure;
    }
    this.#lengthBytes += bytes.length;
  }

  /** Closes the file and gives the lock back. A journal without a record is removed. May be called again. */
  async close(): Promise<void> {
    await this.#file.close();
    if (this.#lengthBytes === 0) await unlink(this.path).catch(() => undefined);
    await this.#lock.release();
  }
}

type Build = (
  path: string,
  file: FileHandle,
  lock: JournalLock,
  existing: Journal | undefined,
  cutBytes: number,
) => JournalWriter;

async function openLocked(
  path: string,
  lock: JournalLock,
  options: JournalOpenOptions,
  build: Build,
): Promise<JournalWriter> {
  const lengthBytes = await lengthOf(path);
  if (lengthBytes === undefined) {
    const file = await openFile(path, constants.O_CREAT | constants.O_EXCL);
    try {
      await syncDirectory(dirname(path));
    } catch (error) {
      await file.close();
      await unlink(path).catch(() => undefined);
      throw error;
    }
    return build(path, file, lock, undefined, 0);
  }
  if (lengthBytes > 0 && !options.resume) {
    throw new UsageError(`${path} exists`, {
      hint: 'Go on with it: --resume. Or write another journal: --out FILE.',
    });
  }
  const existing = lengthBytes > 0 ? await readExisting(path) : undefined;
  const file = await openFile(path, 0);
  const cutBytes = lengthBytes - (existing?.wholeBytes ?? 0);
  try {
    if (cutBytes > 0) {
      await file.truncate(lengthBytes - cutBytes);
      await file.datasync();
    }
  } catch (error) {
    await file.close();
    throw new EnvironmentError(`${path}: its unfinished last line cannot be cut off (${String(error)})`, {
      cause: error,
    });
  }
  return build(path, file, lock, existing, cutBytes);
}

/** Undefined where there is nothing. @throws UsageError for what is no regular file */
async function lengthOf(path: string): Promise<number | undefined> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new UsageError(`--out: ${path} is not a regular file`);
    return found.size;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    return undefined; // Opening it tells why, if it is not just absent.
  }
}

/** Undefined for a file whose header alone was cut short, which says nothing yet. */
async function readExisting(path: string): Promise<Journal | undefined> {
  try {
    return await readJournal(path, { compact: true });
  } catch (error) {
    if (error instanceof InputError && (await isTornHeader(path))) return undefined;
    throw error;
  }
}

/** A killed run may leave the first bytes of a header. Any other single line is somebody's file: not ours to cut. */
async function isTornHeader(path: string): Promise<boolean> {
  const start = '{"type":"header","schema":"qtune.journal/';
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maximumLineBytes), 0, maximumLineBytes, 0);
    const text = buffer.toString('latin1', 0, bytesRead);
    return !text.includes('\n') && (text.startsWith(start) || start.startsWith(text));
  } finally {
    await file.close();
  }
}

async function openFile(path: string, extraFlags: number): Promise<FileHandle> {
  try {
    return await open(path, constants.O_WRONLY | constants.O_APPEND | extraFlags, 0o644);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new EnvironmentError(`${path}: the journal cannot be opened for writing (${code})`, {
      hint: 'Name a file that you may write to: --out FILE.',
      cause: error,
    });
  }
}

/** Makes a new file's name durable; file systems that cannot do that for a directory say EINVAL. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code !== 'EINVAL') throw new EnvironmentError(`${path}: cannot be flushed to disk (${code})`, { cause: error });
  } finally {
    await directory.close();
  }
}
