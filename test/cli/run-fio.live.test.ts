import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deviceIsUsable } from '../../src/engine/file-system.ts';
import { findFio } from '../../src/engine/fio/fio-tool.ts';
import { readMounts } from '../../src/engine/mounts.ts';
import { writeFakeTool } from '../helpers/fake-tool.ts';
import { ExitCode, runCli } from '../helpers/host.ts';
import { systemQemu } from '../helpers/qemu.ts';

const bin = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'bin.js');
const fio = await findFio(process.env, new AbortController().signal).catch(() => undefined);
const trace = `fio version 3 iolog
0 disk add
0 disk open
${Array.from({ length: 40 }, (_, index) => `${index * 1000} disk read ${index * 4096} 4096\n`).join('')}`;

let cwd = '';
let temporary = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'qtune-test-run-fio-'));
  temporary = join(cwd, 'tmp');
  mkdirSync(temporary);
  writeFileSync(join(cwd, 'few.log'), trace);
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const few = ['run', '--workload', 'few.log', '--disk', '16M', '--repetitions', '1', '--out', 'out.ndjson'];

function run(options: readonly string[], env: Record<string, string> = {}) {
  return runCli([...few, ...options], { cwd, env: { PATH: process.env.PATH ?? '', TMPDIR: temporary, ...env } });
}

function journal(): readonly { type: string; [key: string]: unknown }[] {
  return readFileSync(join(cwd, 'out.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string });
}

describe.skipIf(systemQemu() === undefined || fio === undefined)('qtune run through fio', () => {
  test('a depth asks for fio, and is in the name of the cell, the header and the id', async () => {
    expect((await run(['--iodepth', '4', '--jobs', '2'])).exitCode).toBe(ExitCode.ok);
    const [header, trial] = journal();
    expect(header).toMatchObject({ engine: { name: 'fio', fio: { export: 'nbd' } } });
    expect(header?.engine).toHaveProperty('fio.nullDevice.1.iodepth', 8);
    expect(trial).toMatchObject({ workload: 'few.log@iodepth=4,jobs=2', engine: 'fio', state: 'completed' });
    const first = trial?.id;
    rmSync(join(cwd, 'out.ndjson'));
    await run(['--iodepth', '5', '--jobs', '2']);
    expect(journal()[1]?.id).not.toBe(first);
  });

  test('a neighbour and recorded times are in the name too', async () => {
    const result = await run(['--neighbour', 'few.log', '--replay-speed', '2', '--no-host-io']);
    expect(result.stderr).not.toContain('Error');
    expect(journal()[1]).toMatchObject({ workload: 'few.log@replay-speed=2,neighbour=few.log', state: 'completed' });
  });

  test('where fio is missing it says who asks for it and what to type; qemu-io runs one at a time and says so', async () => {
    const directory = join(cwd, 'bin');
    mkdirSync(directory);
    const qemu = systemQemu() ?? '';
    for (const name of ['qemu-img', 'qemu-io', 'qemu-storage-daemon']) {
      writeFakeTool(directory, name, `exec ${join(qemu, name)} "$@"`);
    }
    const missing = await run(['--iodepth', '4'], { PATH: directory });
    expect(missing.exitCode).toBe(ExitCode.outside);
    expect(missing.stderr).toMatch(
      /few\.log@iodepth=4 asks for more than one request after the other, and fio not found/,
    );
    expect(missing.stderr).toContain('--engine qemu-io');
    const serial = await run(['--iodepth', '4', '--engine', 'qemu-io']);
    expect(serial.stdout).toContain('this engine runs one after the other');
  });

  test.each([
    [['--iodepth', '0']],
    [['--jobs', '65']],
    [['--replay-speed', 'fast']],
    [['--export', 'nbd', '--engine', 'qemu-io']],
    [['--neighbour', 'no-such-profile']],
  ])('%j is refused with exit 2', async (options) => {
    expect((await run(options)).exitCode).toBe(ExitCode.usage);
  });

  test.skipIf(!deviceIsUsable('/dev/fuse'))('kill -9 leaves no process and no mount', async () => {
    const child = spawn(
      process.execPath,
      [bin, ...few, '--export', 'fuse', '--replay-speed', '0.001', '--no-host-io'],
      {
        cwd,
        env: { PATH: process.env.PATH ?? '', TMPDIR: temporary },
        stdio: 'ignore',
      },
    );
    const ended = once(child, 'exit');
    const mounts = () =>
      readMounts().filter(({ mountPoint }) => mountPoint.includes(cwd) && mountPoint.endsWith('disk'));
    for (let waited = 0; waited < 600 && mounts().length === 0; waited++) await sleep(50);
    expect(mounts()).toHaveLength(1);
    child.kill('SIGKILL');
    await ended;
    for (let waited = 0; waited < 400 && (mounts().length > 0 || processesIn(temporary).length > 0); waited++) {
      await sleep(50);
    }
    expect(mounts()).toEqual([]);
    expect(processesIn(temporary)).toEqual([]);
  });
});

/** Processes whose working directory lies in the given one. */
function processesIn(directory: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(directory);
    } catch {
      return false;
    }
  });
}
