import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { QmpConnection } from '../../src/engine/qmp/connection.ts';
import type { QmpArguments } from '../../src/engine/qmp/qmp.ts';

/** Whether `qemu-system-x86_64` starts here. */
export function hasSystemEmulator(): boolean {
  return spawnSync('qemu-system-x86_64', ['--version']).status === 0;
}

/** A QEMU program that a test started, with two monitors: `vm.qmp` for the code under test and one for the test. */
export interface RunningQemu {
  readonly child: ChildProcess;
  /** Asks over the test's own monitor. */
  ask(command: string, args?: QmpArguments): Promise<unknown>;
  /** Misses of the L2 cache since the last call, by QEMU's own trace. */
  misses(): number;
  stop(): Promise<void>;
}

const traces = 'qcow2_cache_get_replace_entry';
const never = new AbortController().signal;

/** A socket has its name a moment before it listens. */
async function openAtLast(path: string): Promise<QmpConnection> {
  for (let left = 100; ; left--) {
    try {
      return await QmpConnection.open({ path, signal: never });
    } catch (error) {
      if (left === 0) throw error;
      await sleep(20);
    }
  }
}

/** @param args the program's, without monitors and traces. @param directory for sockets and the log */
export async function startQemu(program: string, args: readonly string[], directory: string): Promise<RunningQemu> {
  const log = join(directory, 'trace.log');
  const isDaemon = /storage-daemon$/.test(program);
  const errors = openSync(log, 'a');
  const monitors = ['vm.qmp', 'test.qmp'].flatMap((name, index) => [
    ...['--chardev', `socket,id=m${index},path=${join(directory, name)},server=on,wait=off`],
    ...(isDaemon ? ['--monitor', `chardev=m${index}`] : ['-mon', `chardev=m${index},mode=control`]),
  ]);
  const command = [...args, '--trace', traces, ...monitors];
  const child = spawn(program, command, { cwd: directory, stdio: ['ignore', 'ignore', errors] });
  closeSync(errors);
  const socket = join(directory, 'test.qmp');
  while (!existsSync(socket) || !existsSync(join(directory, 'vm.qmp'))) {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${readFileSync(log, 'utf8')}`);
    await sleep(20);
  }
  const connection = await openAtLast(socket);
  return {
    child,
    ask: (name, parameters) => connection.execute(name, parameters),
    misses: () => {
      const count = readFileSync(log, 'utf8')
        .split(`${traces} co `)
        .filter((text) => /is_l2_cache 1/.test(text.split('\n')[0] ?? '')).length;
      truncateSync(log);
      return count;
    },
    stop: async () => {
      connection.close();
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      for (const name of ['vm.qmp', 'test.qmp']) rmSync(join(directory, name), { force: true });
    },
  };
}

/** With clusters of 4 KiB one L2 table maps 2 MiB: 32 tables of 4 KiB for the disk, 128 KiB of cache for all of them. */
const tableCoverageBytes = 2 * 2 ** 20;
export const tableCount = 32;
export const diskSize = '64M';
export const smallCache = 'l2-cache-size=8K';
export const largeCache = 'l2-cache-size=128K';

/** Makes an image of 64 MiB whose L2 tables are all there. */
export function createImage(qemuDirectory: string, path: string): void {
  const argv = ['create', '-q', '-f', 'qcow2', '-o', 'cluster_size=4K,preallocation=metadata', path, diskSize];
  execFileSync(join(qemuDirectory, 'qemu-img'), argv);
}

/** A place that each L2 table maps, twice over; the second round misses only what the cache does not hold. */
export function places(): readonly number[] {
  return Array.from({ length: tableCount }, (_, index) => index * tableCoverageBytes);
}
