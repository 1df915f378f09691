import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandSheet } from '../../../src/advisor/commands/index.ts';
import { absolutePath, combinedCacheBytes } from '../../../src/advisor/commands/libvirt.ts';
import type { TargetInput } from '../../../src/advisor/commands/target.ts';
import { driveNode } from '../../../src/settings/blockdev.ts';
import { findProgram } from '../../helpers/libvirt.ts';
import { anyInput } from './any-input.ts';

const run = promisify(execFile);
const daemon = findProgram('libvirtd');
const virsh = findProgram('virsh');
const emulator = findProgram('qemu-system-x86_64');

/** A daemon of one user's session keeps to its own directories; root's would be the system's, so root's tests run it as another user. */
const nobody = 65_534;
const user = userInfo().uid === 0 ? { uid: nobody, gid: nobody } : {};

describe.skipIf(daemon === undefined || virsh === undefined || emulator === undefined)(
  'a daemon of libvirt (needs libvirtd, virsh, qemu-system-x86_64)',
  () => {
    let home = '';
    let started: ChildProcess | undefined;
    const socket = () => join(home, 'run', 'libvirt', 'libvirt-sock');

    beforeAll(async () => {
      home = await mkdtemp(join(tmpdir(), 'qtune-libvirtd-'));
      for (const name of ['run', 'pool']) await mkdir(join(home, name));
      if (user.uid !== undefined)
        for (const name of ['', 'run', 'pool']) await chown(join(home, name), user.uid, user.gid);
      const env = {
        ...process.env,
        HOME: home,
        XDG_RUNTIME_DIR: join(home, 'run'),
        XDG_CONFIG_HOME: home,
        XDG_CACHE_HOME: home,
      };
      started = spawn(daemon ?? '', [], { ...user, env, stdio: 'ignore' });
      await until(async () => (await virshRun('version')).includes('hypervisor'));
    });

    afterAll(async () => {
      const ended = new Promise((resolve) => started?.once('exit', resolve));
      if (started?.exitCode === null && started.kill()) await ended;
      await rm(home, { recursive: true, force: true });
    });

    async function virshRun(...args: readonly string[]): Promise<string> {
      const drivers = args[0]?.startsWith('vol-') || args[0]?.startsWith('pool-') ? 'storage' : 'qemu';
      return (await run(virsh ?? '', ['-c', `${drivers}:///session?socket=${socket()}`, ...args])).stdout;
    }

    test('gives QEMU the caches and attributes that were meant', async () => {
      // Of libvirt 9.0; `discard_no_unref` is of 9.5.
      const input = anyInput({ everything: true }).filter(
        ({ proposal }) => proposal.settings.drive['discard-no-unref'] === undefined,
      );
      await fc.assert(
        fc.asyncProperty(input, async (one) => {
          const path = join(home, 'domain.xml');
          const disk = commandSheet(one).commands.libvirt ?? '';
          // No layers below, which libvirt would look for on this disk.
          const alone = disk.replace("<target dev='vda'", "<backingStore/><target dev='vda'");
          await writeFile(path, domain(alone));
          expectNodes(await virshRun('domxml-to-native', 'qemu-argv', '--xml', path), one);
        }),
        { numRuns: 10 },
      );
    });

    test('makes the volume that was meant', async () => {
      await virshRun('pool-create-as', 'pool', 'dir', '--target', join(home, 'pool'));
      let count = 0;
      await fc.assert(
        fc.asyncProperty(anyInput({ everything: true }), async (input) => {
          count += 1;
          const { request, proposal } = input;
          // The pool is another one here than the default, and so is the place of the backing file.
          const volume = (commandSheet(input).commands['libvirt-volume'] ?? '')
            .replace(/<backingStore>[\s\S]*<\/backingStore>/, '')
            .replace(/<name>.*<\/name>/, `<name>volume-${count}</name>`);
          const path = join(home, 'volume.xml');
          await writeFile(path, volume);
          const metadata = proposal.settings.create.preallocation === 'metadata';
          await virshRun('vol-create', 'pool', path, ...(metadata ? ['--prealloc-metadata'] : []));
          const { stdout } = await run('qemu-img', ['info', '--output=json', join(home, 'pool', `volume-${count}`)]);
          expect(JSON.parse(stdout)).toMatchObject({
            // libvirt gives qemu-img whole KiB, as the notes say.
            'virtual-size': Math.ceil(request.diskBytes / 1024) * 1024,
            'cluster-size': proposal.geometry.clusterBytes,
            'format-specific': {
              data: {
                'extended-l2': proposal.geometry.extendedL2,
                'lazy-refcounts': proposal.settings.create.lazy_refcounts === true,
              },
            },
          });
        }),
        { numRuns: 8 },
      );
    });
  },
);

function domain(disk: string): string {
  return `<domain type='qemu'><name>guest</name><memory unit='MiB'>64</memory><os><type arch='x86_64'>hvm</type></os><devices>${disk}</devices></domain>`;
}

/** The two nodes that libvirt makes of the disk: the caches on the one, the file's name and its I/O on the other. */
function expectNodes(commandLine: string, { request, proposal }: TargetInput): void {
  const nodes = [...commandLine.matchAll(/-blockdev '((?:[^']|'\\'')*)'/g)].map(([, json = '']) =>
    JSON.parse(json.replaceAll("'\\''", "'")),
  );
  const node = driveNode(proposal.settings.drive);
  const cache =
    node.cache === undefined ? {} : { cache: { direct: node.cache === 'none', 'no-flush': node.cache === 'unsafe' } };
  expect(nodes.find(({ driver }) => driver === 'qcow2')).toMatchObject({
    ...cache,
    ...(node.discard === undefined ? {} : { discard: node.discard }),
    'node-name': 'libvirt-1-format',
    file: 'libvirt-1-storage',
    'cache-size': combinedCacheBytes(proposal),
    ...(node.detectZeroes === undefined ? {} : { 'detect-zeroes': node.detectZeroes }),
  });
  expect(nodes.find(({ driver }) => driver === 'file')).toMatchObject({
    ...cache,
    ...(node.discard === 'unmap' ? { discard: 'unmap' } : {}),
    'node-name': 'libvirt-1-storage',
    filename: absolutePath(request.fileName),
    ...(node.aio === undefined ? {} : { aio: node.aio }),
  });
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let attempts = 0; attempts < 200; attempts += 1) {
    if (await condition().catch(() => false)) return;
    await delay(100);
  }
  throw new Error('libvirtd did not answer');
}
