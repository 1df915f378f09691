import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseQemuVersion, type QemuVersion } from '../../src/settings/qemu-version.ts';
import { type QemuUnderTest, qemusUnderTest } from '../helpers/qemu.ts';

/** What a tool answered: undefined where it accepted, else the first line of its message without the tool's and the file's name. */
export type Answer = string | undefined;

export interface Oracle extends QemuUnderTest {
  readonly version: QemuVersion;
}

/** Every QEMU at hand with its version. */
export async function oracles(): Promise<readonly Oracle[]> {
  return Promise.all(
    qemusUnderTest().map(async (qemu) => {
      const { stdout } = await run(join(qemu.bin, 'qemu-img'), ['--version']);
      return { ...qemu, version: parseQemuVersion(stdout) ?? { major: 0, minor: 0 } };
    }),
  );
}

export interface ToolOutput {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export function run(file: string, args: readonly string[], cwd?: string): Promise<ToolOutput> {
  return new Promise((resolve) => {
    execFile(
      file,
      [...args],
      { cwd, env: { ...process.env, LC_ALL: 'C' }, timeout: 20_000, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => resolve({ ok: error === null, stdout, stderr }),
    );
  });
}

/** The reason out of `qemu-img: name: reason` or `qemu-io: can't open: reason`. */
export function answerOf(output: ToolOutput): Answer {
  const line = output.stderr
    .split('\n')
    .find(
      (one) =>
        /^qemu-(img|io): /.test(one) && !one.includes('warning: ') && !one.endsWith('No such file or directory:'),
    );
  if (output.ok && line === undefined) return undefined;
  return (line ?? output.stderr).replace(/^qemu-(img|io): /, '').replace(/^(can't open|[^\s:]*\.qcow2): /, '');
}

/** Runs `work` over the items, two at a time, and keeps the order of the results. */
export async function twoAtATime<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      const item = items[index];
      if (item !== undefined) results[index] = await work(item, index);
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}

/** Seeded integers for test cases: 0 … bound−1. */
export function seededPicker(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}
