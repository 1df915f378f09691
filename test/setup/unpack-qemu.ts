import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run, type UnpackedRelease, withDebianRelease, writeWrapper } from './debian-release.ts';

/** Debian releases whose QEMU tests run against, beside the system's own. */
const suites = ['trixie', 'sid'] as const;
const packages = ['qemu-utils', 'qemu-system-common'] as const;
const tools = ['qemu-img', 'qemu-io', 'qemu-storage-daemon', 'qemu-nbd'] as const;

/**
 * Unpacks the QEMU tools of newer Debian releases under `directory`, one folder a version, each with its own libraries.
 * @returns undefined where every release is there, else why not, in a few words
 */
export function unpackQemuReleases(directory: string): string | undefined {
  const done = existsSync(directory) ? readdirSync(directory).filter((name) => /^\d+\.\d+$/.test(name)) : [];
  if (done.length >= suites.length) return undefined;
  mkdirSync(directory, { recursive: true });
  for (const suite of suites) {
    const failure = withDebianRelease(directory, suite, packages, (release) => keep(directory, suite, release));
    if (failure !== undefined) return failure;
  }
  return undefined;
}

/** Moves the unpacked tree to a folder named after its version and writes a script for each tool that uses its own libraries. */
function keep(directory: string, suite: string, { root, command }: UnpackedRelease): string | undefined {
  const [first = '', ...rest] = command(root, 'qemu-img');
  const version = /version (\d+\.\d+)/.exec(run(first, [...rest, '--version']) ?? '')?.[1];
  if (version === undefined) return `the QEMU of ${suite} does not start here`;
  const home = join(directory, version);
  rmSync(home, { recursive: true, force: true });
  mkdirSync(join(home, 'bin'), { recursive: true });
  renameSync(root, join(home, 'root'));
  for (const tool of tools) writeWrapper(join(home, 'bin', tool), command(join(home, 'root'), tool));
  return undefined;
}
