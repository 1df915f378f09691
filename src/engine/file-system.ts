import {
  accessSync,
  closeSync,
  constants,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readSync,
  realpathSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError } from '../errors.ts';
import { type Environment, findExecutable } from './executable.ts';
import { mountOf, readMounts } from './mounts.ts';
import { runTool, succeeded } from './process.ts';

/** What the file system under a directory can do, found out by trying it on a file there. */
export interface FileSystemInfo {
  /** `ext4`, `xfs`, `tmpfs` …; `unknown` where the system does not tell. */
  readonly type: string;
  /** `rw,relatime,…`; empty where the system does not tell. */
  readonly mountOptions: string;
  /** What this user may still write. */
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** The longest file, by trying; at most 2^53 - 1. */
  readonly largestFileBytes: number;
  /** Reads past the page cache are accepted, which `cache=none` needs. */
  readonly directIo: boolean;
  /** The file system lives in memory: its accepting of direct I/O does not mean that a disk is measured. */
  readonly inMemory: boolean;
  /** Ranges can be turned to zeros without writing them; undefined where there is no tool to try it with. */
  readonly zeroRange: boolean | undefined;
  /** Ranges can be given back to the file system; undefined where there is no tool to try it with. */
  readonly punchHole: boolean | undefined;
}

/** File systems whose files are pages of memory. tmpfs takes O_DIRECT since Linux 6.6. */
const memoryTypes = new Set(['tmpfs', 'ramfs', 'rootfs', 'devtmpfs']);
const probeBytes = 65_536;
const toolTimeMs = 5000;

/**
 * Finds out what the file system under a directory can do, with a small file in a private directory there that is removed
 * again.
 * @throws EnvironmentError where nothing can be written in the directory
 */
export async function probeFileSystem(directory: string, env?: Environment): Promise<FileSystemInfo> {
  const mount = mountOf(realPath(directory), readMounts());
  const type = mount?.type ?? 'unknown';
  const { bavail, blocks, bsize } = statfsSync(directory);
  const probe = makeProbe(directory);
  try {
    const [zeroRange, punchHole] = await Promise.all([
      tryFallocate(probe.directory, 'zeroed', ['--zero-range', '-o', '4096', '-l', '4096'], env),
      tryFallocate(probe.directory, 'punched', ['--punch-hole', '-o', '4096', '-l', '4096'], env),
    ]);
    return {
      type,
      mountOptions: mount?.options ?? '',
      freeBytes: bavail * bsize,
      totalBytes: blocks * bsize,
      largestFileBytes: largestFile(join(probe.directory, 'long')),
      directIo: takesDirectIo(probe.file),
      inMemory: memoryTypes.has(type),
      zeroRange,
      punchHole,
    };
  } finally {
    rmSync(probe.directory, { recursive: true, force: true });
  }
}

function realPath(directory: string): string {
  try {
    return realpathSync(directory);
  } catch (error) {
    throw new EnvironmentError(`${directory} cannot be used: ${reason(error)}`, { cause: error });
  }
}

function makeProbe(parent: string): { readonly directory: string; readonly file: string } {
  try {
    const directory = mkdtempSync(join(parent, 'probe-'));
    const file = join(directory, 'file');
    writeZeros(file);
    return { directory, file };
  } catch (error) {
    throw new EnvironmentError(`nothing can be written in ${parent}: ${reason(error)}`, {
      hint: 'Set TMPDIR to a directory that you may write to.',
      cause: error,
    });
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function writeZeros(path: string): void {
  const fd = openSync(path, 'w', 0o600);
  try {
    writeSync(fd, Buffer.alloc(probeBytes));
  } finally {
    closeSync(fd);
  }
}

/**
 * The longest file by bisection with ftruncate, which reserves nothing. ext4 with 4 KiB blocks gives 16 TiB less 4 KiB.
 */
function largestFile(path: string): number {
  const fd = openSync(path, 'w', 0o600);
  const fits = (bytes: number): boolean => {
    try {
      ftruncateSync(fd, bytes);
      return true;
    } catch {
      return false;
    }
  };
  try {
    if (fits(Number.MAX_SAFE_INTEGER)) return Number.MAX_SAFE_INTEGER;
    let low = 0;
    let high = Number.MAX_SAFE_INTEGER;
    while (high - low > 1) {
      const middle = low + Math.floor((high - low) / 2);
      if (fits(middle)) low = middle;
      else high = middle;
    }
    return low;
  } finally {
    closeSync(fd);
  }
}

/** True where a file can be opened and read past the page cache. */
export function takesDirectIo(path: string): boolean {
  if (constants.O_DIRECT === undefined) return false;
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_DIRECT);
    // An aligned place within an ordinary buffer: direct I/O wants the memory aligned too.
    const buffer = Buffer.from(new ArrayBuffer(probeBytes));
    return readSync(fd, buffer, 0, 4096, 0) === 4096;
  } catch (error) {
    // A refused open means no. A refused read only says that this buffer was not aligned well enough.
    return fd !== undefined && error instanceof Error && 'code' in error && error.code === 'EINVAL';
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

async function tryFallocate(
  directory: string,
  name: string,
  args: readonly string[],
  env: Environment | undefined,
): Promise<boolean | undefined> {
  const fallocate = findExecutable('fallocate', env);
  if (fallocate === undefined) return undefined;
  writeZeros(join(directory, name));
  const run = { cwd: directory, signal: new AbortController().signal, timeLimitMs: toolTimeMs };
  return succeeded(await runTool([fallocate, ...args, name], run));
}

/** True where this user may open a device file for reading and writing, e.g. `/dev/fuse`. */
export function deviceIsUsable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
