import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { qemuCacheDirectory, systemQemu } from '../helpers/qemu.ts';
import { installCheckers } from './install-checkers.ts';
import { installChromium } from './install-chromium.ts';
import { installLibvirt } from './install-libvirt.ts';
import { installQemuSystem } from './install-qemu-system.ts';
import { unpackQemuReleases } from './unpack-qemu.ts';

const root = join(import.meta.dirname, '..', '..');

/**
 * Runs once before all tests: builds `dist`, installs the tools that the live tests drive (QEMU, fio, strace) where this
 * machine lets us, and those that check output formats, and unpacks newer QEMU releases beside the system's. What cannot be had is said in one line; the
 * tests that need it skip.
 */
export default function setup(): void {
  const build = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, encoding: 'utf8' });
  if (build.status !== 0)
    say(`the build failed, tests of the command line may run an old one:\n${build.stdout}${build.stderr}`);

  const bin = join(root, 'dist', 'cli', 'bin.js');
  if (existsSync(bin)) {
    const install = spawnSync('node', [bin, 'doctor', '--install', '--with', 'strace,fio'], {
      cwd: root,
      encoding: 'utf8',
    });
    if (install.status !== 0) say(`tools could not be installed: ${install.stderr.trim()}`);
  }
  if (systemQemu() === undefined) say('no QEMU on this machine: tests against the real driver are skipped');

  const unchecked = installCheckers();
  if (unchecked !== undefined) say(`${unchecked}: some output formats are not checked by other programs`);

  const missing = unpackQemuReleases(qemuCacheDirectory);
  if (missing !== undefined) say(`newer QEMU releases are not at hand (${missing}): tests against them are skipped`);

  const untried = installLibvirt();
  if (untried !== undefined) say(`libvirt's tools are not all at hand (${untried}): tests against them are skipped`);

  const guestless = installQemuSystem();
  if (guestless !== undefined) say(`no qemu-system-x86_64 here (${guestless}): tests of whole guests are skipped`);

  const without = installChromium();
  if (without !== undefined) say(`no Chromium on this machine (${without}): tests of the HTML page in it are skipped`);
}

function say(text: string): void {
  process.stderr.write(`test set-up: ${text}\n`);
}
