import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { simulateSchema } from '../../src/report/schemas/simulate.ts';
import { iologText } from '../../src/workload/iolog.ts';
import { runCli } from '../helpers/host.ts';
import { systemQemu } from '../helpers/qemu.ts';
import { straceWorks } from '../helpers/strace.ts';
import { randomRequests, workloadOf } from '../helpers/workload.ts';

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'qtune-test-simulate-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const diskBytes = 2 ** 28;

function writeLog(mix: readonly ('read' | 'write' | 'trim' | 'sync')[], seed: number): void {
  const requests = randomRequests(150, { diskBytes, mix, seed });
  writeFileSync(join(cwd, 'w.log'), [...iologText(workloadOf(requests, { diskBytes }).requests())].join(''));
}

async function qtune(...argv: readonly string[]): Promise<string> {
  const result = await runCli(argv, { cwd });
  expect(result.exitCode, result.stderr).toBe(0);
  return result.stdout;
}

describe.skipIf(systemQemu() === undefined || !straceWorks())('beside real QEMU (needs strace)', () => {
  test.each([
    [[], []],
    [
      ['-o', 'cluster_size=16K,extended_l2=on,lazy_refcounts=on'],
      ['--drive', 'cache=writeback,discard=unmap,l2-cache-size=64K'],
    ],
    [
      ['-o', 'cluster_size=4K,refcount_bits=64'],
      ['--drive', 'cache=directsync,l2-cache-size=8K'],
    ],
    [
      ['-o', 'preallocation=metadata'],
      ['--drive', 'discard=unmap,pass-discard-request=off'],
    ],
    [['-o', 'data_file=d.raw,data_file_raw=on'], []],
  ])('both --io-log are the same file: %j %j', async (create, drive) => {
    writeLog(['write', 'read', 'write', 'trim', 'write', 'sync'], create.length + drive.length);
    const settings = ['--disk', String(diskBytes), ...create, ...drive];
    await qtune('simulate', '--requests', 'w.log', ...settings, '--io-log', 'model.ndjson');
    const real = ['--engine', 'qemu-io', '--repetitions', '1', '--no-host-io', '--out', 'j.ndjson'];
    await qtune('run', '--workload', 'w.log', ...settings, ...real, '--io-log', 'real.ndjson');
    const [model, measured] = ['model.ndjson', 'real.ndjson'].map((name) => readFileSync(join(cwd, name), 'utf8'));
    expect(model?.split('\n')).toEqual(measured?.split('\n'));
    expect(measured?.split('\n').length).toBeGreaterThan(100);
  });

  test('an image is read as it is, and is not touched', async () => {
    writeLog(['write', 'read', 'sync'], 5);
    const path = join(cwd, 'disk.qcow2');
    const file = ['-f', 'qcow2', path, String(diskBytes)];
    execFileSync('qemu-img', ['create', '-q', '-o', 'cluster_size=32K', ...file]);
    execFileSync('qemu-io', ['-f', 'qcow2', '-c', 'write 0 64M', path]);
    const state = () => [createHash('sha256').update(readFileSync(path)).digest('hex'), statSync(path).mtimeMs];
    const before = state();
    const json = await qtune(
      'simulate',
      '--image',
      'disk.qcow2',
      '--requests',
      'w.log',
      '--json',
      '--io-log',
      'm.ndjson',
    );
    expect(state()).toEqual(before);
    const { simulations, disk, image, content } = simulateSchema.parse(JSON.parse(json));
    expect({ disk, image, content }).toEqual({
      ...{ disk: { virtualBytes: diskBytes }, image: 'disk.qcow2', content: null },
    });
    // The real driver on the same image, with the same requests.
    const script = readFileSync(join(cwd, 'w.log'), 'utf8')
      .split('\n')
      .flatMap((line) => {
        const [, operation, offset, length] = line.split(' ');
        if (operation === 'sync') return ['-c', 'flush'];
        return operation === 'read' || operation === 'write' ? ['-c', `${operation} ${offset} ${length}`] : [];
      });
    execFileSync('qemu-io', ['-f', 'qcow2', '-t', 'none', ...script, path], { maxBuffer: 2 ** 26 });
    expect(simulations[0]?.fileBytes).toBe(statSync(path).size);
  });
});
