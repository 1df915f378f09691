import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** Environment variables of the program, as the host gives them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where tools are looked for when the environment has no PATH. */
const defaultPath = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/local/sbin', '/usr/sbin', '/sbin'].join(delimiter);

/** The search path of an environment, or a usual one. */
export function searchPath(env: Environment | undefined): string {
  return env?.PATH === undefined || env.PATH === '' ? defaultPath : env.PATH;
}

/** True where `path` is a regular file that this user may execute. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The absolute path of a program on the search path, or undefined. Relative and empty entries of PATH are skipped: what
 * runs must not depend on the directory that qtune was started in.
 */
export function findExecutable(name: string, env: Environment | undefined): string | undefined {
  for (const directory of searchPath(env).split(delimiter)) {
    if (!isAbsolute(directory)) continue;
    const path = join(directory, name);
    if (isExecutable(path)) return path;
  }
  return undefined;
}
