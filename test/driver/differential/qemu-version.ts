import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The version of a directory's tools, of those on PATH where there is none given: major × 100 + minor. */
export function qemuVersionOf(bin: string | undefined): number {
  const tool = bin === undefined ? 'qemu-img' : join(bin, 'qemu-img');
  const run = spawnSync(tool, ['--version'], { encoding: 'utf8' });
  const version = /version (\d+)\.(\d+)/.exec(run.stdout ?? '');
  if (version === null) throw new Error(`${tool} does not start`);
  return Number(version[1]) * 100 + Number(version[2]);
}
