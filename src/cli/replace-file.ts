import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { EnvironmentError, UsageError } from '../errors.ts';
import type { Host } from './host.ts';

/**
 * Writes a whole file in place of the one before it; a reader sees either, never a half.
 *
 * @param shown the file as the user named it, in the value of `--flag`
 * @throws UsageError where its directory is not there or it is one itself; EnvironmentError where it cannot be written
 */
export function replaceFile(host: Pick<Host, 'cwd' | 'pid'>, flag: string, shown: string, text: string): void {
  const path = resolve(host.cwd, shown);
  if (write(flag, shown, () => isOther(path))) {
    // A rename would put a file in the place of /dev/stdout or of a named pipe.
    write(flag, shown, () => writeFileSync(path, text));
    return;
  }
  const temporary = `${path}.${host.pid}.tmp`;
  try {
    write(flag, shown, () => {
      // Left by a process of the same id that was killed.
      rmSync(temporary, { force: true });
      writeFileSync(temporary, text, { flag: 'wx' });
      renameSync(temporary, path);
    });
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Bytes that are collected before they are written. */
const chunkBytes = 1024 * 1024;

/**
 * The same for a file that is too long to be held in memory; it is on disk when the promise is fulfilled.
 * @throws as {@link replaceFile}, and whatever the parts throw; nothing is left behind then
 */
export async function replaceFileInParts(
  host: Pick<Host, 'cwd' | 'pid'>,
  flag: string,
  shown: string,
  parts: AsyncIterable<Buffer>,
): Promise<void> {
  const path = resolve(host.cwd, shown);
  const straight = write(flag, shown, () => isOther(path));
  const target = straight ? path : `${path}.${host.pid}.tmp`;
  if (!straight) write(flag, shown, () => checkNoDirectory(path));
  if (!straight) write(flag, shown, () => rmSync(target, { force: true }));
  const file = write(flag, shown, () => openSync(target, straight ? 'w' : 'wx'));
  let open = true;
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    let filledBytes = 0;
    const flush = (): void => {
      write(flag, shown, () => writeFully(file, chunk.subarray(0, filledBytes)));
      filledBytes = 0;
    };
    for await (const part of parts) {
      if (filledBytes + part.length > chunk.length) flush();
      if (part.length > chunk.length) write(flag, shown, () => writeFully(file, part));
      else filledBytes += part.copy(chunk, filledBytes);
    }
    flush();
    if (!straight) write(flag, shown, () => fsyncSync(file));
    open = false;
    closeSync(file);
    if (!straight) write(flag, shown, () => renameSync(target, path));
  } catch (error) {
    if (open) closeSync(file);
    if (!straight) rmSync(target, { force: true });
    throw error;
  }
}

function writeFully(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}

/** A rename onto a directory would fail as well, after all the work. */
function checkNoDirectory(path: string): void {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
}

/** Whether something is there that is neither a file nor a directory. */
function isOther(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

function write<Result>(flag: string, shown: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new UsageError(`--${flag}: ${shown}: there is no such directory`);
    if (code === 'EISDIR') throw new UsageError(`--${flag}: ${shown} is a directory`, { hint: 'Name a file in it.' });
    throw new EnvironmentError(`--${flag}: ${shown} cannot be written (${code})`, { cause: error });
  }
}
