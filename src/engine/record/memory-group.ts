import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EnvironmentError } from '../../errors.ts';
import { type Mount, readMounts } from '../mounts.ts';

/** A memory cgroup for the recorded program: where it will be, and how it is set. */
export interface MemoryGroup {
  /** Its directory, not made yet. */
  readonly directory: string;
  /** The file of the limit in it. */
  readonly limitFile: string;
}

/**
 * Finds the place for a group that limits what a program and its page cache may hold, in either version of cgroups.
 * @param name of the group
 * @throws EnvironmentError where no hierarchy limits memory
 * @source Linux Documentation/admin-guide/cgroup-v2.rst, "Memory"; cgroup-v1/memory.rst
 */
export function findMemoryGroup(
  name: string,
  mounts: readonly Mount[] = readMounts(),
  ownGroups: string = readFileSync('/proc/self/cgroup', 'utf8'),
): MemoryGroup {
  const own = (controller: string): string =>
    ownGroups
      .split('\n')
      .map((line) => /^\d+:([^:]*):(.*)$/.exec(line))
      .find((match) => (match?.[1] ?? '?').split(',').includes(controller))?.[2] ?? '/';
  for (const { type, mountPoint } of mounts) {
    if (type !== 'cgroup2') continue;
    // A group with processes in it cannot hand controllers down: ours goes beside our own, or to the top.
    for (const parent of [join(mountPoint, dirname(own(''))), mountPoint]) {
      if (handsDownMemory(parent)) return { directory: join(parent, name), limitFile: 'memory.max' };
    }
  }
  const old = mounts.find(({ type, options }) => type === 'cgroup' && options.split(',').includes('memory'));
  if (old !== undefined) {
    const inOwn = join(old.mountPoint, own('memory'));
    const parent = existsSync(inOwn) ? inOwn : old.mountPoint;
    return { directory: join(parent, name), limitFile: 'memory.limit_in_bytes' };
  }
  throw new EnvironmentError('--memory: no memory cgroup can be made here', {
    hint: 'Record without --memory, or on a system whose cgroups limit memory.',
  });
}

/** Sets the limit of a group that was made. @throws EnvironmentError where the kernel refuses it */
export function limitMemory(group: MemoryGroup, bytes: number): void {
  try {
    writeFileSync(join(group.directory, group.limitFile), String(bytes));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new EnvironmentError(`--memory: the kernel refuses the limit (${code})`, { cause: error });
  }
}

/** How often the kernel ended a process of the group because it needed more. */
export function memoryKillCount(group: MemoryGroup): number {
  for (const file of ['memory.events', 'memory.oom_control']) {
    try {
      return Number(/^oom_kill (\d+)$/m.exec(readFileSync(join(group.directory, file), 'utf8'))?.[1] ?? 0);
    } catch {
      // The other version's.
    }
  }
  return 0;
}

function handsDownMemory(directory: string): boolean {
  try {
    return readFileSync(join(directory, 'cgroup.subtree_control'), 'utf8').split(/\s/).includes('memory');
  } catch {
    return false;
  }
}
