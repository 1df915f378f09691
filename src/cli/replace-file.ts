import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
