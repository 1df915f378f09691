import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { findProgram, libvirtCacheDirectory } from '../helpers/libvirt.ts';
import { run, type UnpackedRelease, withDebianRelease, writeWrapper } from './debian-release.ts';

/** Of the system: the tools, a daemon for them to speak to, and a checker of the shell lines for platforms that cannot be had. */
const systemPackages = ['virtinst', 'libvirt-clients', 'libvirt-daemon', 'libvirt-daemon-driver-qemu', 'shellcheck'];
const systemPrograms = ['virsh', 'virt-install', 'virt-xml', 'libvirtd', 'shellcheck'];
/** The release whose libvirt and virt-install are tried beside the system's. */
const suite = 'trixie';
const releasePackages = ['virtinst', 'libvirt-clients', 'libvirt-common'];

/**
 * Installs libvirt's tools where this machine lets us, and unpacks those of a newer Debian release beside them.
 * @returns undefined where all are there, else why not, in a few words
 */
export function installLibvirt(): string | undefined {
  return installSystem() ?? unpackNewer(libvirtCacheDirectory);
}

function installSystem(): string | undefined {
  if (systemPrograms.every((name) => findProgram(name) !== undefined)) return undefined;
  if (userInfo().uid !== 0) return 'only root may install packages';
  const install = (): boolean =>
    run('apt-get', ['install', '-qq', '-y', '--no-install-recommends', ...systemPackages]) !== undefined;
  if (install()) return undefined;
  // The list of packages may be missing or old.
  run('apt-get', ['update', '-qq']);
  return install() ? undefined : `apt cannot install ${systemPackages.join(', ')}`;
}

function unpackNewer(directory: string): string | undefined {
  if (existsSync(directory) && readdirSync(directory).some((name) => /^\d+\.\d+$/.test(name))) return undefined;
  mkdirSync(directory, { recursive: true });
  return withDebianRelease(directory, suite, releasePackages, (release) => keep(directory, release));
}

/** Moves the tree to a folder named after libvirt's version, with scripts for its tools. */
function keep(directory: string, { root, command }: UnpackedRelease): string | undefined {
  const [first = '', ...rest] = command(root, 'virsh');
  const version = /^(\d+\.\d+)/.exec(run(first, [...rest, '--version']) ?? '')?.[1];
  if (version === undefined) return `the libvirt of ${suite} does not start here`;
  const home = join(directory, version);
  rmSync(home, { recursive: true, force: true });
  mkdirSync(join(home, 'bin'), { recursive: true });
  renameSync(root, join(home, 'root'));
  const base = join(home, 'root');
  writeWrapper(join(home, 'bin', 'virsh'), command(base, 'virsh'));
  // The scripts look in /usr/share for their modules, where the system's are.
  const modules = [join(base, 'usr', 'share', 'virt-manager'), join(base, 'usr', 'lib', 'python3', 'dist-packages')];
  const environment = {
    PYTHONHOME: join(base, 'usr'),
    PYTHONPATH: modules.join(':'),
    GI_TYPELIB_PATH: join(command(base, 'python3')[2] ?? '', 'girepository-1.0'),
    OSINFO_SYSTEM_DIR: join(base, 'usr', 'share', 'osinfo'),
  };
  for (const [tool, module] of [
    ['virt-install', 'virtinstall'],
    ['virt-xml', 'virtxml'],
  ] as const) {
    const script = `from virtinst import ${module}; ${module}.runcli()`;
    writeWrapper(join(home, 'bin', tool), [...command(base, 'python3'), '-c', script], environment);
  }
  const started = spawnSync(join(home, 'bin', 'virt-install'), ['--version']);
  return started.status === 0 ? undefined : `the virt-install of ${suite} does not start here`;
}
