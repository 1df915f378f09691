import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InputError, UsageError } from '../errors.ts';

const extension = '.ndjson';

/**
 * The journals that arguments name: files as they are, of directories every `*.ndjson` at any depth, since CI systems unpack
 * each host's files into a directory of its own.
 *
 * @returns absolute paths, each file once for each time that it is named
 * @throws InputError for what is not there and for a directory without journals
 */
export function journalPaths(names: readonly string[], cwd: string): readonly string[] {
  return names.flatMap((name) => {
    const path = resolve(cwd, name);
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path];
    const found = readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((entry) => entry.endsWith(extension))
      .sort();
    if (found.length === 0) {
      throw new InputError({ file: name }, `there is no *${extension} in this directory`, {
        hint: 'Name the journals that `qtune run --shard` wrote.',
      });
    }
    return found.map((entry) => join(path, entry));
  });
}

/** @throws UsageError where the result would take the place of a journal that it is made from */
export function checkNoInput(output: string, paths: readonly string[], cwd: string): void {
  const target = identity(resolve(cwd, output));
  if (target === undefined || !paths.some((path) => identity(path) === target)) return;
  throw new UsageError(`--out: ${output} is one of the journals to merge`, {
    hint: 'Name another file; where a directory is merged, one outside of it.',
  });
}

/** The file behind a name, whichever links lead there; undefined where there is none. */
function identity(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? undefined : `${found.dev}:${found.ino}:${found.isFile() ? '' : realpathSync(path)}`;
}
