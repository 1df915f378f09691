import { readFileSync } from 'node:fs';

/** One line of the kernel's list of mounts. */
export interface Mount {
  /** `major:minor` of the device. */
  readonly device: string;
  readonly mountPoint: string;
  /** `ext4`, `tmpfs`, `overlay` … */
  readonly type: string;
  /** Options of the mount, then those of the file system, without repetitions: `rw,relatime,discard`. */
  readonly options: string;
}

/**
 * Reads the text of a mountinfo file; lines that do not have its form are skipped.
 * @source Linux proc(5), /proc/PID/mountinfo; blanks in names are written as \040
 */
export function parseMounts(text: string): readonly Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const [left = '', right] = line.split(' - ', 2);
    if (right === undefined) continue;
    const [, , device, , mountPoint, mountOptions = ''] = left.split(' ');
    const [type, , superOptions = ''] = right.split(' ');
    if (device === undefined || mountPoint === undefined || type === undefined) continue;
    const options = [...new Set([...mountOptions.split(','), ...superOptions.split(',')])].filter(
      (option) => option !== '',
    );
    mounts.push({ device, mountPoint: decodeOctal(mountPoint), type: decodeOctal(type), options: options.join(',') });
  }
  return mounts;
}

function decodeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** The mount that holds an absolute, resolved path: the longest mount point above it, the last one mounted there. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const { mountPoint } = mount;
    const above = path === mountPoint || path.startsWith(mountPoint.endsWith('/') ? mountPoint : `${mountPoint}/`);
    if (above && (best === undefined || mountPoint.length >= best.mountPoint.length)) best = mount;
  }
  return best;
}

/** All mounts that this process sees; empty on systems without /proc. */
export function readMounts(): readonly Mount[] {
  try {
    return parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
  } catch {
    return [];
  }
}
