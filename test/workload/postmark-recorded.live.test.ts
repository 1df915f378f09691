import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Measures, measuresOf } from '../../bench/workload-validation/measures.ts';
import { loadProfile } from '../../src/workload/load-profile.ts';
import { resolveWorkload } from '../../src/workload/resolve-workload.ts';
import { runCli } from '../helpers/host.ts';
import { systemQemu } from '../helpers/qemu.ts';

const diskBytes = 8 * 2 ** 30;
const memoryMebibytes = 24;
const number = 6000;
const transactions = 10_000;
const subdirectories = 20;

const needed = ['/usr/bin/postmark', '/dev/fuse', '/dev/loop-control', '/sys/kernel/tracing/instances'];
const isPossible = process.getuid?.() === 0 && systemQemu() !== undefined && needed.every((path) => existsSync(path));

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'qtune-test-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

async function measuresOfWorkload(name: string): Promise<Measures> {
  const profile = await loadProfile(name, cwd, diskBytes);
  return measuresOf(resolveWorkload(profile, { diskBytes }).requests(), diskBytes);
}

describe.skipIf(!isPossible)('with root, FUSE, a loop device and PostMark (skipped where they are not)', () => {
  // A quarter, since the recording depends on how fast the disk is: reads came within 1 % and writes within 13 %.
  test('the real program makes the requests of the model', { timeout: 300_000 }, async () => {
    const lines = [`set number ${number}`, `set transactions ${transactions}`, `set subdirectories ${subdirectories}`];
    writeFileSync(join(cwd, 'mail.pm'), `${[...lines, 'run', 'quit'].join('\n')}\n`);
    const options = ['--disk', '8G', '--memory', `${memoryMebibytes}M`, '--command-only', '--out', 'mail.iolog'];
    const recorded = await runCli(['workload', 'record', ...options, '--', 'postmark', join(cwd, 'mail.pm')], { cwd });
    expect(recorded.exitCode, recorded.stderr).toBe(0);
    const real = await measuresOfWorkload('mail.iolog');
    // Two mebibytes are the program's own.
    const guest = `memory=${memoryMebibytes - 2}M,dirtyRatio=1,newFileSystem=true,fileSystem=ext4`;
    const size = `number=${number},transactions=${transactions},subdirectories=${subdirectories}`;
    const model = await measuresOfWorkload(`postmark-large:${guest},${size}`);
    for (const name of ['reads', 'writes', 'readBytes', 'writtenBytes', 'footprintBytes'] as const) {
      expect(model[name] / real[name], name).toBeGreaterThan(0.75);
      expect(model[name] / real[name], name).toBeLessThan(1.25);
    }
  });
});
