import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { hasSystemEmulator } from '../helpers/running-qemu.ts';

/**
 * Installs Debian's QEMU for whole guests where this machine lets us; the tests run it without a guest in it.
 * @returns undefined where it is there, else why not, in a few words
 */
export function installQemuSystem(): string | undefined {
  if (hasSystemEmulator()) return undefined;
  if (userInfo().uid !== 0) return 'only root may install packages';
  const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]): boolean => spawnSync('apt-get', ['-qq', ...args], { env }).status === 0;
  const packages = ['install', '-y', '--no-install-recommends', 'qemu-system-x86'];
  if (!apt(...packages) && !(apt('update') && apt(...packages))) return 'its package cannot be installed';
  return hasSystemEmulator() ? undefined : 'its package brought no qemu-system-x86_64';
}
