import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deviceIsUsable } from '../../../src/engine/file-system.ts';
import { readMounts } from '../../../src/engine/mounts.ts';
import { Scratch, startTicks } from '../../../src/engine/scratch.ts';
import type { Export } from '../../../src/engine/storage-daemon/export.ts';
import { StorageDaemon, StorageDaemonError } from '../../../src/engine/storage-daemon/storage-daemon.ts';
import { findQemuTools, type QemuTools } from '../../../src/engine/tools.ts';
import { InterruptedError } from '../../../src/errors.ts';
import { qemusUnderTest } from '../../helpers/qemu.ts';

const never = new AbortController().signal;
const hasFuse = deviceIsUsable('/dev/fuse');

describe.each(qemusUnderTest())('the storage daemon of QEMU $name', ({ bin }) => {
  let parent: string;
  let scratch: Scratch;
  let tools: QemuTools;

  beforeEach(async () => {
    parent = mkdtempSync(join(realpathSync(tmpdir()), 'qtune-daemon-test-'));
    // Longer than the 108 bytes that the address of a socket has room for.
    const long = join(parent, 'x'.repeat(120));
    mkdirSync(long);
    scratch = Scratch.create({ env: { ...process.env, TMPDIR: long }, pid: process.pid });
    tools = await findQemuTools({ directory: bin, env: process.env, signal: never });
    execFileSync(tools.qemuImg, ['create', '-q', '-f', 'qcow2', scratch.path('image'), '64M']);
  });

  afterEach(() => {
    scratch.close();
    rmSync(parent, { recursive: true, force: true });
  });

  function disk(kind: Export['kind'], filename = 'image'): Export {
    const graph = { driver: 'qcow2', file: { driver: 'file', filename } };
    return { name: 'disk', kind, graph, writable: true, writethrough: false };
  }

  function start(exports: readonly Export[], signal = never): Promise<StorageDaemon> {
    return StorageDaemon.start({ tools, scratch, exports, cpus: [], signal, lifetimeMs: 60_000 });
  }

  it('serves an image over NBD and closes it properly', async () => {
    const daemon = await start([disk('nbd')]);
    const address = `nbd+unix:///disk?socket=${daemon.socket}`;
    execFileSync(tools.qemuIo, ['-f', 'raw', '-c', 'write -P 7 1M 64k', address], { cwd: scratch.directory });
    expect(readdirSync(scratch.directory)).toContain(daemon.socket);
    await daemon.stop();
    expect(daemon.pid).toBeUndefined();
    expect(readdirSync(scratch.directory)).toEqual(['image', 'owner.json']);
    execFileSync(tools.qemuIo, ['-r', '-c', 'read -P 7 1M 64k', scratch.path('image')]);
    execFileSync(tools.qemuImg, ['check', '-q', scratch.path('image')]);
  });

  it.skipIf(!hasFuse)('serves an image as a file and takes its mount away, even when it was killed', async () => {
    for (const end of ['stop', 'SIGKILL'] as const) {
      const daemon = await start([disk('fuse')]);
      execFileSync(tools.qemuIo, ['-f', 'raw', '-c', 'write -P 9 0 4k', 'disk'], { cwd: scratch.directory });
      if (end === 'stop') {
        await daemon.stop();
      } else {
        process.kill(daemon.pid ?? 0, 'SIGKILL');
        await expect(daemon.stop()).rejects.toThrow(/did not close the image: was killed by SIGKILL/);
      }
      expect(readMounts().filter(({ mountPoint }) => mountPoint.startsWith(parent))).toEqual([]);
      expect(readdirSync(scratch.directory)).toEqual(['image', 'owner.json']);
    }
  });

  it('says why an image cannot be served, and leaves nothing', async () => {
    const failure = await start([disk('nbd', 'missing')]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StorageDaemonError);
    expect(String(failure)).toMatch(/did not start: .*No such file or directory/);
    expect(readdirSync(scratch.directory)).toEqual(['image', 'owner.json']);
  });

  it('ends on abort', async () => {
    const controller = new AbortController();
    const daemon = await start([disk('nbd')], controller.signal);
    const { pid = 0 } = daemon;
    expect(startTicks(pid)).not.toBeNull();
    controller.abort();
    await expect(daemon.stop()).rejects.toThrow(InterruptedError);
    expect(startTicks(pid)).toBeNull();
    expect(readdirSync(scratch.directory)).toEqual(['image', 'owner.json']);
  });
});
