import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { allowedCpus, measuringCpu, parseCpuList } from '../../src/engine/affinity.ts';
import { probeFileSystem } from '../../src/engine/file-system.ts';
import { mountOf, parseMounts } from '../../src/engine/mounts.ts';
import { EnvironmentError } from '../../src/errors.ts';

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'qtune-test-fs-')));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('the probe says what the directory is on and leaves nothing there', async () => {
  const info = await probeFileSystem(directory, process.env);
  const { blocks, bsize } = statfsSync(directory);
  expect(info.totalBytes).toBe(blocks * bsize);
  expect(info.freeBytes).toBeGreaterThan(0);
  expect(info.largestFileBytes).toBeGreaterThan(2 ** 31 - 1);
  const found = spawnSync('stat', ['-f', '-c', '%T', directory], { encoding: 'utf8' });
  if (info.type === 'ext4') {
    expect(found.stdout.trim()).toBe('ext2/ext3');
    // 16 TiB less one block, with blocks of 4 KiB. @source Linux fs/ext4/super.c, ext4_max_size
    expect(info).toMatchObject({ largestFileBytes: 2 ** 44 - 4096, directIo: true, zeroRange: true, punchHole: true });
    expect(info.inMemory).toBe(false);
  }
  expect(readdirSync(directory)).toEqual([]);
});

test('tmpfs is known to be memory although it takes direct I/O', async ({ skip }) => {
  const mount = join(directory, 'memory');
  mkdirSync(mount);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'qtune-test', mount]);
  if (mounted.status !== 0) skip('mounting needs root');
  try {
    const info = await probeFileSystem(mount, process.env);
    expect(info).toMatchObject({
      type: 'tmpfs',
      inMemory: true,
      totalBytes: 2 ** 20,
      zeroRange: false,
      punchHole: true,
    });
  } finally {
    spawnSync('umount', [mount]);
  }
});

test('a directory that is not there is refused', async () => {
  await expect(probeFileSystem(join(directory, 'absent'), process.env)).rejects.toThrow(EnvironmentError);
});

const mountinfo = [
  '22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard,data=ordered',
  '30 22 0:25 / /mnt/a\\040b rw,nosuid - tmpfs tmp\\040fs rw,size=1024k',
  '31 30 8:1 /sub /mnt/a\\040b/inner rw master:2 propagate_from:3 - xfs /dev/sda1 rw,noquota',
  '32 22 0:26 / / rw - overlay overlay rw',
  'damaged line',
].join('\n');

test('mounts are read with their options and blanks', () => {
  expect(parseMounts(mountinfo)).toHaveLength(4);
  expect(parseMounts(mountinfo)[0]).toEqual({
    device: '254:0',
    mountPoint: '/',
    type: 'ext4',
    options: 'rw,relatime,discard,data=ordered',
  });
});

test.each([
  ['/mnt/a b/inner/file', 'xfs'],
  ['/mnt/a b', 'tmpfs'],
  ['/mnt/a bc', 'overlay'],
  ['/', 'overlay'],
])('%s is on the innermost and latest mount, %s', (path, type) => {
  expect(mountOf(path, parseMounts(mountinfo))?.type).toBe(type);
});

test('processor lists are read as the kernel writes them', () => {
  expect(parseCpuList('0-3,8,10-11\n')).toEqual([0, 1, 2, 3, 8, 10, 11]);
  expect(parseCpuList('')).toEqual([]);
  expect(parseCpuList('x,1')).toEqual([1]);
});

test('the measuring processor is the last that this process may use', () => {
  const allowed = allowedCpus();
  expect(allowed.length).toBeGreaterThan(0);
  expect(measuringCpu()).toBe(allowed.length > 1 ? allowed.at(-1) : undefined);
});
