import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { IoLogEncoder } from '../driver/io-log.ts';
import { EnvironmentError, UsageError } from '../errors.ts';

/**
 * Runs `use` with the file of `--io-log`, which never replaces one and is there afterwards only if `use` came to its
 * end. A run that is killed leaves whole lines.
 *
 * @param shown the file as the user named it
 * @throws UsageError where the file is there already or its directory is not; EnvironmentError where it cannot be written
 */
export async function withIoLog<Result>(
  cwd: string,
  shown: string,
  use: (sink: IoLogEncoder) => Promise<Result>,
): Promise<Result> {
  const path = resolve(cwd, shown);
  const descriptor = create(path, shown);
  let complete = false;
  try {
    const log = new IoLogEncoder((chunk) => write(descriptor, chunk, shown));
    const result = await use(log);
    log.flush();
    complete = true;
    return result;
  } finally {
    closeSync(descriptor);
    if (!complete) rmSync(path, { force: true });
  }
}

function create(path: string, shown: string): number {
  try {
    return openSync(path, 'wx');
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') {
      throw new UsageError(`--io-log: ${shown} is there already`, { hint: 'Remove it first, or choose another name.' });
    }
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new UsageError(`--io-log: ${shown}: there is no such directory`);
    throw new EnvironmentError(`--io-log: ${shown} cannot be written (${code})`, { cause: error });
  }
}

function write(descriptor: number, chunk: Uint8Array, shown: string): void {
  try {
    for (let done = 0; done < chunk.length; ) done += writeSync(descriptor, chunk, done, chunk.length - done);
  } catch (error) {
    throw new EnvironmentError(`--io-log: ${shown} cannot be written (${codeOf(error)})`, { cause: error });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
