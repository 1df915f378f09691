import { spawnSync } from 'node:child_process';
import { findChromium } from '../helpers/chromium.ts';

/**
 * Installs Debian's chromium where this machine lets us; browsers are not downloaded from elsewhere.
 * @returns undefined where it is there, else why not, in a few words
 */
export function installChromium(): string | undefined {
  if (findChromium() !== undefined) return undefined;
  if (spawnSync('apt-get', ['--version']).status !== 0) return 'no apt here';
  const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]): boolean => spawnSync('apt-get', ['-qq', ...args], { env }).status === 0;
  const packages = ['install', '-y', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'];
  if (!apt(...packages) && !(apt('update') && apt(...packages))) return 'its package cannot be installed';
  return findChromium() === undefined ? 'its package brought no browser' : undefined;
}
