import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { applySchema } from '../../../src/report/schemas/apply.ts';
import { applyBench } from '../../helpers/apply-bench.ts';
import { ExitCode, runCli } from '../../helpers/host.ts';
import { qemusUnderTest } from '../../helpers/qemu.ts';
import {
  createImage,
  diskSize,
  largeCache,
  places,
  smallCache,
  startQemu,
  tableCount,
} from '../../helpers/running-qemu.ts';

const bin = join(import.meta.dirname, '..', '..', '..', 'dist', 'cli', 'bin.js');
const bench = applyBench();
const { path, environment, apply } = bench;

describe.each(qemusUnderTest())('a storage daemon of QEMU $name', ({ bin: tools }) => {
  async function start(options: string, ...more: string[]): Promise<void> {
    const argv = [
      ...['--blockdev', `driver=file,node-name=proto,filename=${path('disk.qcow2')}`],
      ...['--blockdev', `driver=qcow2,node-name=disk0,file=proto,${options}`],
      ...['--nbd-server', `addr.type=unix,addr.path=${path('nbd')},max-connections=0`],
      ...['--export', 'type=nbd,id=exp0,name=disk,node-name=disk0,writable=on'],
    ];
    bench.running = await startQemu(join(tools, 'qemu-storage-daemon'), [...argv, ...more], bench.directory);
  }

  function readAll(): void {
    const reads = places().flatMap((place) => ['-c', `read -q ${place} 512`]);
    const argv = ['-r', '-f', 'raw', ...reads, `nbd+unix:///disk?socket=${path('nbd')}`];
    execFileSync(join(tools, 'qemu-io'), argv);
  }

  /** Misses of a round over the disk after one that filled the cache. */
  function warmMisses(): number {
    readAll();
    bench.running?.misses();
    readAll();
    return bench.running?.misses() ?? Number.NaN;
  }

  test('the L2 cache behaves as it was set, and as before after the undo', async () => {
    createImage(tools, path('disk.qcow2'));
    await start('l2-cache-size=8192,discard=unmap');
    expect(warmMisses()).toBeGreaterThanOrEqual(tableCount);
    const changed = await apply('--drive', largeCache, '--yes', '--json', '--save-undo', 'undo.json');
    expect([changed.exitCode, changed.stderr]).toEqual([ExitCode.ok, '']);
    const document = applySchema.strict().parse(JSON.parse(changed.stdout));
    // What QEMU does not tell comes from its command line.
    expect(document.disks[0]).toMatchObject({
      formerSource: '-blockdev',
      former: { drive: { 'l2-cache-size': 8192, discard: 'unmap' } },
    });
    expect(document.disks[0]?.wanted.drive).toEqual({ 'l2-cache-size': 131_072, discard: 'unmap' });
    expect(warmMisses()).toBe(0);
    const undone = await apply('--undo', 'undo.json', '--yes');
    expect([undone.exitCode, undone.stderr]).toEqual([ExitCode.ok, '']);
    expect(warmMisses()).toBeGreaterThanOrEqual(tableCount);
    await bench.running?.stop();
    execFileSync(join(tools, 'qemu-img'), ['check', '-q', path('disk.qcow2')]);
  });

  test('a change after a change starts from the first one, not from the command line', async () => {
    createImage(tools, path('disk.qcow2'));
    await start('l2-cache-size=8192');
    expect((await apply('--drive', largeCache, '--yes')).exitCode).toBe(ExitCode.ok);
    const { exitCode, stdout } = await apply('--drive', 'overlap-check=none', '--yes', '--json');
    expect(exitCode).toBe(ExitCode.ok);
    const [disk] = applySchema.parse(JSON.parse(stdout)).disks;
    expect(disk).toMatchObject({ formerSource: 'record', former: { drive: { 'l2-cache-size': 131_072 } } });
    expect(warmMisses()).toBe(0);
    // Another QEMU on the same image has its own command line.
    await bench.running?.stop();
    await start('l2-cache-size=16384');
    const again = await apply('--dry-run', '--drive', largeCache, '--json');
    expect(JSON.parse(again.stdout).disks[0]).toMatchObject({
      formerSource: '-blockdev',
      former: { drive: { 'l2-cache-size': 16_384 } },
    });
  });

  test('what QEMU refuses changes nothing', async () => {
    createImage(tools, path('disk.qcow2'));
    await start('l2-cache-size=8192,overlap-check=none');
    // More memory than any machine has, and a number that the arithmetic lets pass.
    const { exitCode, stderr } = await apply('--drive', 'refcount-cache-size=4T', '--yes');
    expect(stderr).toMatch(/QEMU refused: Could not allocate metadata caches; nothing was changed/);
    expect(exitCode).toBe(ExitCode.outside);
    expect(warmMisses()).toBeGreaterThanOrEqual(tableCount);
  });

  test('a chain keeps its backing image, by name and in what is read', async () => {
    createImage(tools, path('base.qcow2'));
    execFileSync(join(tools, 'qemu-io'), ['-c', 'write -q -P 7 4M 64k', path('base.qcow2')]);
    const overlay = ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', path('base.qcow2'), path('disk.qcow2')];
    execFileSync(join(tools, 'qemu-img'), overlay);
    await start('l2-cache-size=8192');
    expect((await apply('--drive', largeCache, '--yes')).stderr).toBe('');
    const uri = `nbd+unix:///disk?socket=${path('nbd')}`;
    execFileSync(join(tools, 'qemu-io'), ['-r', '-f', 'raw', '-c', 'read -q -P 7 4M 64k', uri]);
    const recommended = await runCli(['recommend', '--qmp', 'vm.qmp', '--json'], { cwd: bench.directory });
    expect(JSON.parse(recommended.stdout).disk).toEqual({ virtualBytes: 64 * 2 ** 20, backing: true });
  });

  test('an external data file stays where it is', async () => {
    const argv = ['create', '-q', '-f', 'qcow2', '-o', `data_file=${path('data.raw')}`, path('disk.qcow2'), diskSize];
    execFileSync(join(tools, 'qemu-img'), argv);
    await start('l2-cache-size=65536');
    const { exitCode, stderr } = await apply('--drive', 'l2-cache-size=128K', '--yes');
    expect([exitCode, stderr]).toEqual([ExitCode.ok, '']);
    const uri = `nbd+unix:///disk?socket=${path('nbd')}`;
    execFileSync(join(tools, 'qemu-io'), ['-f', 'raw', '-c', 'write -q -P 9 1M 64k', '-c', 'read -q -P 9 1M 64k', uri]);
  });

  test('a writer at work does not notice, and what it wrote is there', async () => {
    createImage(tools, path('disk.qcow2'));
    await start('l2-cache-size=8192');
    const uri = `nbd+unix:///disk?socket=${path('nbd')}`;
    const writes = Array.from({ length: 400 }, (_, index) => `write -q -P ${(index % 250) + 1} ${index * 128}k 64k`);
    const writer = spawn(join(tools, 'qemu-io'), ['-f', 'raw', ...writes.flatMap((one) => ['-c', one]), uri], {
      stdio: 'ignore',
    });
    const ended = new Promise<number | null>((resolve) => writer.once('exit', resolve));
    for (let round = 0; round < 6; round++) {
      const current = round === 0 ? [] : ['--current', round % 2 === 0 ? smallCache : largeCache];
      const { exitCode, stderr } = await apply(
        '--drive',
        round % 2 === 0 ? largeCache : smallCache,
        ...current,
        '--yes',
      );
      expect([exitCode, stderr]).toEqual([ExitCode.ok, '']);
    }
    expect(await ended).toBe(0);
    const reads = writes.map((one) => one.replace('write', 'read'));
    execFileSync(join(tools, 'qemu-io'), ['-r', '-f', 'raw', ...reads.flatMap((one) => ['-c', one]), uri]);
    await bench.running?.stop();
    execFileSync(join(tools, 'qemu-img'), ['check', '-q', path('disk.qcow2')]);
  });

  test('killed at any moment: the former or the new settings, never a part', async () => {
    createImage(tools, path('disk.qcow2'));
    await start('l2-cache-size=8192');
    const seen = new Set<number>();
    for (let round = 0; round < 8; round++) {
      const change = ['--current', smallCache, '--drive', largeCache, '--yes'];
      const child = spawn('node', [bin, 'apply', '--qmp', 'vm.qmp', ...change], {
        cwd: bench.directory,
        env: environment(),
        stdio: 'ignore',
      });
      const exit = new Promise((resolve) => child.once('exit', resolve));
      // From before it connects to after it ended, wherever this machine happens to be then.
      await Promise.race([sleep(round * 120), exit]);
      child.kill(round % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
      await exit;
      const misses = warmMisses();
      seen.add(misses);
      if (misses !== 0) expect(misses).toBeGreaterThanOrEqual(tableCount);
      const back = await apply('--current', largeCache, '--drive', smallCache, '--yes');
      expect([back.exitCode, back.stderr]).toEqual([ExitCode.ok, '']);
    }
    expect(Math.max(...seen)).toBeGreaterThanOrEqual(tableCount);
  });
});
