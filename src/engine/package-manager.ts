import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';

/** How a system installs software. */
export interface PackageManager {
  /** The program, e.g. `apt-get`. */
  readonly name: string;
  /** Run before an installation where the list of packages may be missing or old. */
  readonly refresh?: readonly string[];
  /** Installs without asking; the names of packages follow. */
  readonly install: readonly string[];
  /** Packages that hold qemu-img, qemu-io and, where it is apart, qemu-storage-daemon. */
  readonly qemu: readonly string[];
}

const aptGet: PackageManager = {
  name: 'apt-get',
  refresh: ['apt-get', 'update'],
  install: ['apt-get', 'install', '-y', '--no-install-recommends'],
  qemu: ['qemu-utils', 'qemu-system-common'],
};
const dnf: PackageManager = { name: 'dnf', install: ['dnf', 'install', '-y'], qemu: ['qemu-img'] };
const zypper: PackageManager = {
  name: 'zypper',
  install: ['zypper', '--non-interactive', 'install', '--no-recommends'],
  qemu: ['qemu-tools'],
};
const pacman: PackageManager = {
  name: 'pacman',
  install: ['pacman', '-Sy', '--noconfirm', '--needed'],
  qemu: ['qemu-img'],
};
const apk: PackageManager = { name: 'apk', install: ['apk', 'add'], qemu: ['qemu-img'] };
const brew: PackageManager = { name: 'brew', install: ['brew', 'install'], qemu: ['qemu'] };

/** By the words of `ID` and `ID_LIKE` in os-release. */
const byDistribution: Readonly<Record<string, PackageManager>> = {
  debian: aptGet,
  ubuntu: aptGet,
  fedora: dnf,
  rhel: dnf,
  centos: dnf,
  suse: zypper,
  opensuse: zypper,
  arch: pacman,
  alpine: apk,
};

/**
 * The package manager of the system that the text of its os-release file describes; undefined for one that is not known.
 * @source os-release(5): `ID`, then the words of `ID_LIKE`, closest relative first
 */
export function packageManagerOf(osRelease: string): PackageManager | undefined {
  const field = (name: string): string =>
    new RegExp(`^${name}=["']?([^"'\\n]*)`, 'm').exec(osRelease)?.[1]?.toLowerCase() ?? '';
  const words = `${field('ID')} ${field('ID_LIKE')}`.split(/\s+/);
  for (const word of words) {
    const manager = byDistribution[word] ?? byDistribution[word.split('-')[0] ?? ''];
    if (manager) return manager;
  }
  return undefined;
}

/** The package manager of this system. */
export function systemPackageManager(platform: NodeJS.Platform): PackageManager | undefined {
  if (platform === 'darwin') return brew;
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    try {
      return packageManagerOf(readFileSync(path, 'utf8'));
    } catch {
      // The next one.
    }
  }
  return undefined;
}

/** What to type to get packages, in one line; with `sudo` for those who are not root. */
export function installCommand(manager: PackageManager, packages: readonly string[], asRoot: boolean): string {
  const sudo = asRoot || manager === brew ? '' : 'sudo ';
  return [...(manager.refresh ? [manager.refresh] : []), [...manager.install, ...packages]]
    .map((words) => `${sudo}${words.join(' ')}`)
    .join(' && ');
}

/** True for the user who may install software. A user without a name, as in some containers, is not root. */
export function isRoot(): boolean {
  try {
    return userInfo().uid === 0;
  } catch {
    return false;
  }
}
