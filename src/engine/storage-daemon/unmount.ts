import { realpathSync } from 'node:fs';
import { type Environment, findExecutable } from '../executable.ts';
import { mountOf, readMounts } from '../mounts.ts';
import { runTool, succeeded } from '../process.ts';

const timeLimitMs = 5000;

/**
 * Takes away what a killed daemon left mounted on a file; nothing happens where nothing is. The file itself cannot be
 * looked at any more then, so its directory is asked for.
 */
export async function unmountLeftover(directory: string, name: string, env: Environment | undefined): Promise<void> {
  const path = `${realpathSync(directory)}/${name}`;
  if (mountOf(path, readMounts())?.mountPoint !== path) return;
  const attempts = [
    ['fusermount3', '-u', '-z', '-q'],
    ['umount', '-l'],
    ['fusermount', '-u', '-z', '-q'],
  ];
  for (const [tool = '', ...options] of attempts) {
    const program = findExecutable(tool, env);
    if (program === undefined) continue;
    const result = await runTool([program, ...options, path], {
      cwd: '/',
      signal: new AbortController().signal,
      timeLimitMs,
      ...(env === undefined ? {} : { env }),
    });
    if (succeeded(result)) return;
  }
}
