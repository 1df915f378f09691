import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { EnvironmentError, UsageError } from '../../errors.ts';
import { type Environment, findExecutable, isExecutable } from '../executable.ts';
import { isRoot } from '../package-manager.ts';
import { howToGetQemu, type QemuTools } from '../tools.ts';

/** File systems that a recording can be made on; `none` gives the program the block device itself. */
export const recordingFileSystems = ['ext4', 'xfs', 'none'] as const;
export type RecordingFileSystem = (typeof recordingFileSystems)[number];

/** Programs of util-linux and the file system's that a recording runs, by name; values are absolute paths. */
export type StageTools = ReadonlyMap<string, string>;

/** Where the kernel's tracer is mounted, or can be. */
export const tracingDirectory = '/sys/kernel/tracing';

const packages: Readonly<Record<string, string>> = { ext4: 'e2fsprogs', xfs: 'xfsprogs' };
const stagePrograms = ['sh', 'unshare', 'nsenter', 'losetup', 'mount', 'umount', 'readlink', 'stat', 'cat', 'sleep'];

/**
 * Looks for all that a recording needs, before anything is made.
 * @throws EnvironmentError naming what is missing and what to do
 */
export function requireStage(tools: QemuTools, fileSystem: RecordingFileSystem, env: Environment): StageTools {
  if (!existsSync('/proc/self/ns/mnt')) {
    throw new EnvironmentError('recording needs Linux: its FUSE, loop devices, namespaces and tracer', {
      hint: 'Record in a Linux machine, or take the trace from a QEMU that runs: --guest-log FILE.',
    });
  }
  if (!isRoot()) {
    throw new EnvironmentError('recording needs root: it mounts a file system and reads the kernel’s trace', {
      hint: 'Run it with sudo, or take the trace from a QEMU that runs: --guest-log FILE.',
    });
  }
  if (tools.storageDaemon === undefined) {
    throw new EnvironmentError('qemu-storage-daemon not found', { hint: howToGetQemu() });
  }
  requireDevice('/dev/fuse', 'fuse', 'FUSE');
  requireDevice('/dev/loop-control', 'loop', 'loop devices');
  if (!existsSync(tracingDirectory)) {
    throw new EnvironmentError(`${tracingDirectory} is not there: this kernel has no tracer`, {
      hint: 'Record on a kernel with CONFIG_FTRACE and CONFIG_BLK_DEV_IO_TRACE, as distributions build it.',
    });
  }
  const found = new Map<string, string>();
  for (const name of stagePrograms) found.set(name, requireProgram(name, 'util-linux and coreutils', env));
  if (fileSystem !== 'none') {
    const name = `mkfs.${fileSystem}`;
    found.set('mkfs', requireProgram(name, packages[fileSystem] ?? name, env));
  }
  return found;
}

/**
 * The program to record as an absolute path, since it starts in another directory.
 * @throws UsageError where there is none of that name
 */
export function findCommand(name: string, env: Environment, cwd: string): string {
  const path = name.includes('/') ? resolve(cwd, name) : findExecutable(name, env);
  if (path !== undefined && isExecutable(path)) return path;
  const why = path === undefined ? 'not found on PATH' : existsSync(path) ? 'not an executable file' : 'not found';
  throw new UsageError(`${name}: ${why}`, {
    hint: isAbsolute(name)
      ? 'Name a program behind --.'
      : 'Name a program behind --; what a shell must read needs one: -- sh -c "…".',
  });
}

function requireDevice(path: string, module: string, what: string): void {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    if (statSync(path).isCharacterDevice()) return;
  } catch {
    // Told below.
  }
  throw new EnvironmentError(`${path} cannot be used: no ${what} here`, {
    hint: `Type: modprobe ${module}; in a container, hand ${path} in with --device, or run it privileged.`,
  });
}

function requireProgram(name: string, from: string, env: Environment): string {
  // Programs for the administrator are not on every root's PATH.
  const path = findExecutable(name, env) ?? findExecutable(name, { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' });
  if (path !== undefined) return path;
  throw new EnvironmentError(`${name} not found`, { hint: `Install ${from}.` });
}
