import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { workloadSchema } from '../../src/report/schemas/workload.ts';
import { runCli } from '../helpers/host.ts';
import { recordingWorks } from '../helpers/recording.ts';
import { straceWorks } from '../helpers/strace.ts';

const bin = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'bin.js');
const tracing = '/sys/kernel/tracing/instances';

let cwd = '';
let env: NodeJS.ProcessEnv = {};
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'qtune-test-record-'));
  mkdirSync(join(cwd, 'tmp'));
  env = { ...process.env, TMPDIR: join(cwd, 'tmp') };
});
afterEach(() => rmSync(cwd, { recursive: true }));

const record = (...argv: readonly string[]) => runCli(['workload', 'record', '--disk', '1G', ...argv], { cwd, env });

/** What recordings of this directory left behind; all of it is named by the scratch directory or by the process. */
function leftBehind(pid: number): string[] {
  const processes = readdirSync('/proc').filter((id) => {
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(cwd);
    } catch {
      return false;
    }
  });
  const loops = readdirSync('/sys/block').filter((name) => {
    try {
      return readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8').startsWith(cwd);
    } catch {
      return false;
    }
  });
  const files = [...readdirSync(join(cwd, 'tmp')), ...readdirSync(cwd).filter((name) => name.includes('iolog'))];
  const instances = readdirSync(tracing).filter((name) => name.startsWith(`qtune-${pid}-`));
  const groups = execFileSync('find', ['/sys/fs/cgroup', '-name', `qtune-${pid}`], { encoding: 'utf8' });
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(cwd));
  return [...processes, ...loops, ...files, ...instances, ...mounts, ...(groups === '' ? [] : [groups])];
}

/**
 * What is between two syncs, in an order of its own: a request that QEMU serves in parts has them run side by side, and
 * their order is chance.
 */
function betweenSyncs(log: string | undefined): string[][] {
  const segments: string[][] = [[]];
  for (const line of log?.split('\n') ?? []) {
    if (line.includes('"op":"sync"')) segments.push([]);
    segments.at(-1)?.push(line);
  }
  return segments.map((segment) => segment.sort());
}

async function nothingLeft(pid: number): Promise<void> {
  // The guard needs a moment after a kill.
  for (let tries = 0; tries < 300 && leftBehind(pid).length > 0; tries++) await setTimeout(50);
  expect(leftBehind(pid)).toEqual([]);
}

describe.skipIf(!recordingWorks())('recording (needs root, FUSE, loop devices and the kernel’s tracer)', () => {
  test('what a program asks the device for is in the trace, request by request', async () => {
    const program = [
      'dd if=/dev/zero of="$QTUNE_DEVICE" bs=64K count=3 seek=5 oflag=direct conv=notrunc',
      'dd if="$QTUNE_DEVICE" of=/dev/null bs=4K count=2 skip=100 iflag=direct',
      'sync "$QTUNE_DEVICE"',
    ].join(' && ');
    const result = await record('--fs', 'none', '--out', 'raw.iolog', '--', 'sh', '-c', program);
    expect(result.exitCode, result.stderr).toBe(0);
    const lines = readFileSync(join(cwd, 'raw.iolog'), 'utf8').trim().split('\n');
    expect(lines[0]).toBe('fio version 3 iolog');
    const data = lines.map((line) => line.split(' ').slice(2)).filter(([action]) => /read|write/.test(action ?? ''));
    expect(data).toEqual(
      expect.arrayContaining([
        ...[5, 6, 7].map((at) => ['write', String(at * 65536), '65536']),
        ...[100, 101].map((at) => ['read', String(at * 4096), '4096']),
      ]),
    );
    expect(data.filter(([action]) => action === 'write')).toHaveLength(3);
    await nothingLeftBut('raw.iolog');
  });

  test('a file system: mkfs and mount first, what was written, the image’s figures', async () => {
    const program = 'test "$PWD" = "$QTUNE_MOUNT" && dd if=/dev/zero of=a bs=1M count=8';
    const result = await record('--json', '--out', 'a.iolog.gz', '--', 'sh', '-c', program);
    expect(result.exitCode, result.stderr).toBe(0);
    const document = JSON.parse(result.stdout);
    workloadSchema.parse(document);
    const { recording, statistics } = document;
    expect(recording).toMatchObject({ exitCode: 0, fileSystem: 'ext4', diskBytes: 2 ** 30 });
    expect(recording.setupCount).toBeGreaterThan(10);
    expect(statistics.requestCount).toBeGreaterThan(recording.setupCount);
    expect(statistics.writeBytes).toBeGreaterThanOrEqual(8 * 2 ** 20);
    expect(recording.image.allocatedClusterCount).toBeGreaterThanOrEqual(128);
    expect(JSON.stringify(recording.blockStatistics)).toContain('wr_highest_offset');
    const packed = readFileSync(join(cwd, 'a.iolog.gz'));
    // No time and no name in gzip's header: RFC 1952, 2.3.
    expect([...packed.subarray(3, 8)]).toEqual([0, 0, 0, 0, 0]);
    expect(gunzipSync(packed).toString().trim().split('\n')).toHaveLength(statistics.requestCount + 4);
    await nothingLeftBut('a.iolog.gz');
  });

  test('a program that fails: its code is told and the trace is kept; nothing replaces a file', async () => {
    const result = await record('--command-only', '--out', 'f.iolog', '--', 'sh', '-c', 'echo x >a; exit 7');
    expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('exit code 7') });
    const before = readFileSync(join(cwd, 'f.iolog'));
    expect(await record('--out', 'f.iolog', '--', 'true')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('f.iolog is there already'),
    });
    expect(readFileSync(join(cwd, 'f.iolog'))).toEqual(before);
    await nothingLeftBut('f.iolog');
  });

  test('a full disk inside is the program’s affair', async () => {
    const fill = ['--', 'dd', 'if=/dev/zero', 'of=a', 'bs=1M'];
    const result = await runCli(['workload', 'record', '--disk', '16M', '--out', 'full.iolog', ...fill], { cwd, env });
    expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('exit code 1;') });
    await nothingLeftBut('full.iolog');
  });

  test('what cannot be recorded is refused before anything is made', async () => {
    expect(await record('--', 'no-such-program')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('PATH'),
    });
    expect(await record('--out', 'nowhere/x', '--', 'true')).toMatchObject({ exitCode: 2 });
    expect(await record('--disk', '1M', '--', 'true')).toMatchObject({ exitCode: 2 });
    expect(await record('-o', 'cluster_size={4K,64K}', '--', 'true')).toMatchObject({ exitCode: 2 });
    await nothingLeft(process.pid);
  });

  test.skipIf(!straceWorks())('the simulated engine and QEMU do the same host I/O with a recording', async () => {
    const program = 'for i in 1 2 3 4 5 6; do head -c 20000 /dev/urandom >f$i; sync; done; rm f2 f4; cat f* >all';
    expect(await record('--out', 'r.iolog', '--', 'sh', '-c', program)).toMatchObject({ exitCode: 0 });
    const settings = ['--disk', '1G', '-o', 'cluster_size=16K', '--drive', 'discard=unmap'];
    const simulated = await runCli(['simulate', '--requests', 'r.iolog', ...settings, '--io-log', 'model.ndjson'], {
      cwd,
      env,
    });
    expect(simulated.exitCode, simulated.stderr).toBe(0);
    const real = ['--engine', 'qemu-io', '--repetitions', '1', '--no-host-io', '--out', 'j.ndjson'];
    const measured = await runCli(['run', '--workload', 'r.iolog', ...settings, ...real, '--io-log', 'real.ndjson'], {
      cwd,
      env,
    });
    expect(measured.exitCode, measured.stderr).toBe(0);
    const [model, qemu] = ['model.ndjson', 'real.ndjson'].map((name) => readFileSync(join(cwd, name), 'utf8'));
    expect(betweenSyncs(model)).toEqual(betweenSyncs(qemu));
    expect(qemu?.split('\n').length).toBeGreaterThan(100);
  });

  test('--guest-log: a guest’s trace from QEMU’s log', async () => {
    const lines = [
      '2026-01-02T03:04:05.000100Z blk_co_preadv blk 0x55 bs 0x66 offset 0 bytes 512 flags 0x0',
      '2026-01-02T03:04:05.002100Z blk_co_pwritev blk 0x55 bs 0x66 offset 8192 bytes 4096 flags 0x0',
    ];
    writeFileSync(join(cwd, 'qemu.log'), `${lines.join('\n')}\n`);
    const argv = ['workload', 'record', '--guest-log', 'qemu.log', '--out', 'guest.iolog'];
    const result = await runCli(argv, { cwd, env });
    expect(result.exitCode, result.stderr).toBe(0);
    expect(readFileSync(join(cwd, 'guest.iolog'), 'utf8')).toBe(
      'fio version 3 iolog\n0 disk add\n0 disk open\n0 disk read 0 512\n2000 disk write 8192 4096\n2000 disk close\n',
    );
  });

  describe.skipIf(!existsSync(bin))('killed (needs a build)', () => {
    const program = 'dd if=/dev/urandom of=a bs=64k count=10000 status=none';
    /** Moments after the start, milliseconds: before anything is made, while it is made, and while the program runs. */
    const momentsMs = [60, 250, 400, 550, 700, 900, 1200, 1800];

    test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('%s at any moment leaves nothing', async (signal) => {
      for (const momentMs of momentsMs) {
        const child = start(['--memory', '64M', '--out', 'k.iolog.gz', '--', 'sh', '-c', program]);
        await setTimeout(momentMs);
        child.kill(signal);
        await ended(child);
        await nothingLeft(child.pid ?? 0);
      }
    });
  });

  function start(argv: readonly string[]): ChildProcess {
    const all = [bin, 'workload', 'record', '--disk', '1G', ...argv];
    return spawn(process.execPath, all, { cwd, env, stdio: 'ignore' });
  }

  function ended(child: ChildProcess): Promise<void> {
    return new Promise((resolve) => {
      child.once('exit', () => resolve());
    });
  }

  async function nothingLeftBut(name: string): Promise<void> {
    expect(readdirSync(cwd).filter((entry) => entry.includes('iolog'))).toEqual([name]);
    rmSync(join(cwd, name));
    await nothingLeft(process.pid);
  }
});
