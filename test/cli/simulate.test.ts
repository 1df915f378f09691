import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { simulateCommand } from '../../src/cli/commands/simulate.ts';
import { simulateSchema } from '../../src/report/schemas/simulate.ts';
import { ExitCode, runCli } from '../helpers/host.ts';

let cwd = '';
let env: Record<string, string | undefined>;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'qtune-test-simulate-'));
  // No QEMU and no calibration of this machine: the same answer everywhere.
  env = { PATH: '/nonexistent', XDG_STATE_HOME: cwd };
});
afterEach(() => rmSync(cwd, { recursive: true }));

const iolog = (...requests: readonly string[]): string =>
  ['fio version 2 iolog', 'disk add', 'disk open', ...requests.map((one) => `disk ${one}`), 'disk close', ''].join(
    '\n',
  );

function qtune(...argv: readonly string[]) {
  return runCli(['simulate', ...argv], { cwd, env });
}

async function document(...argv: readonly string[]) {
  const { exitCode, stdout, stderr } = await qtune(...argv, '--json');
  expect(stderr).toBe('');
  expect(exitCode).toBe(ExitCode.ok);
  return simulateSchema.parse(JSON.parse(stdout));
}

const K = 1024;

describe('what it says', () => {
  test('the first write of a default image, I/O for I/O, and its totals', async () => {
    writeFileSync(join(cwd, 'w.log'), iolog('write 4096 4096', 'sync 0 0'));
    const { simulations, ...rest } = await document('--disk', '1G', '--requests', 'w.log', '--io-log', 'io.ndjson');
    expect(rest).toMatchObject({
      disk: { virtualBytes: 2 ** 30 },
      image: null,
      content: 'empty',
      backing: 'none',
      qemu: '10.0',
      requests: { name: 'w.log', requestCount: 2, readCount: 0, writeCount: 1, syncCount: 1, writeBytes: 4096 },
    });
    // As strace shows it for qemu-io on this image with cache=none.
    const lines = readFileSync(join(cwd, 'io.ndjson'), 'utf8').trimEnd().split('\n');
    const sync = '{"op":"sync","file":"image","offset":0,"length":0}';
    expect(lines).toEqual([
      '{"op":"read","file":"image","offset":131072,"length":65536,"for":"refcount"}',
      '{"op":"write","file":"image","offset":131072,"length":65536,"for":"refcount"}',
      sync,
      '{"op":"write","file":"image","offset":262144,"length":65536,"for":"l2"}',
      sync,
      '{"op":"write","file":"image","offset":196608,"length":8,"for":"l1"}',
      sync,
      '{"op":"zero","file":"image","offset":327680,"length":65536,"for":"copy-on-write"}',
      '{"op":"write","file":"image","offset":331776,"length":4096,"for":"data"}',
      '{"op":"write","file":"image","offset":131072,"length":65536,"for":"refcount"}',
      sync,
      '{"op":"write","file":"image","offset":262144,"length":65536,"for":"l2"}',
      sync,
    ]);
    expect(simulations).toHaveLength(1);
    expect(simulations[0]).toMatchObject({
      source: 'computed',
      hostReadCount: 1,
      hostWriteCount: 6,
      hostWriteBytes: 4 * 64 * K + 8 + 4 * K,
      hostSyncCount: 5,
      metadataReadCount: 1,
      metadataWriteCount: 5,
      metadataPerRequestCount: 3,
      allocatedClusterCount: 1,
      fileBytes: 6 * 64 * K,
      usedClusterCount: 6,
      writeAmplificationRatio: (4 * 64 * K + 8 + 4 * K) / (4 * K),
      l2Cache: { entryBytes: 64 * K, entryCount: 2 },
    });
    expect(simulations[0]?.hostIo).toContainEqual({
      op: 'zero',
      file: 'image',
      for: 'copy-on-write',
      count: 1,
      bytes: 65_536,
    });
    expect(simulations[0]?.hostIo).toContainEqual({ op: 'sync', file: 'image', count: 5, bytes: 0 });
    const [iops] = simulations[0]?.expected ?? [];
    expect(iops?.source).toBe('predicted');
    expect(iops?.low).toBeLessThan(iops?.value ?? 0);
    expect(iops?.high).toBeGreaterThan(iops?.value ?? 0);
  });

  test('configurations side by side: a cache that covers the disk misses once an entry', async () => {
    const { simulations } = await document(
      ...['--disk', '20G', '--requests', 'l2-cache-20g', '--drive', 'l2-cache-size={1M,2560K}'],
    );
    const misses = simulations.map(({ configuration, l2Cache }) => [configuration.label, l2Cache.missCount]);
    expect(misses[1]).toEqual(['l2-cache-size=2560K', 40]);
    expect(misses[0]?.[1]).toBeGreaterThan(20_000);
    const [small, covering] = simulations.map(({ expected }) => expected[0]?.value ?? 0);
    expect(covering).toBeGreaterThan(5 * (small ?? Number.POSITIVE_INFINITY));
    const table = await qtune(
      ...['--disk', '20G', '--requests', 'l2-cache-20g', '--drive', 'l2-cache-size={1M,2560K}'],
    );
    expect(table.stdout).toContain('IOPS, predicted');
    expect(table.stdout).not.toMatch(/measured/i);
    for (const line of table.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  test('the same command gives the same bytes', async () => {
    const argv = ['--disk', '8G', '--requests', 'boot', '-o', 'extended_l2=on,cluster_size=128K', '--json'];
    expect(await qtune(...argv)).toEqual(await qtune(...argv));
  });

  test('what the image holds at first can be chosen', async () => {
    writeFileSync(join(cwd, 'r.log'), iolog('read 0 4096', 'write 65536 512'));
    const first = async (...argv: string[]) =>
      (await document('--disk', '64M', '--requests', 'r.log', ...argv)).simulations[0];
    // Nothing is there: the read asks nothing of the host. With data it reads the table and the data.
    expect((await first())?.hostIo.filter(({ op, for: what }) => op === 'read' && what === 'data')).toEqual([]);
    expect((await first('--content', 'full'))?.hostIo).toContainEqual({
      ...{ op: 'read', file: 'image', for: 'data', count: 1, bytes: 4096 },
    });
    expect((await first('--backing', 'qcow2:data'))?.hostIo).toContainEqual({
      ...{ op: 'read', file: 'backing', for: 'copy-on-write', count: 1, bytes: 65_024 },
    });
  });

  test('settings that change nothing here are named', async () => {
    writeFileSync(join(cwd, 'r.log'), iolog('read 0 4096'));
    const { warnings } = await document(
      ...['--disk', '64M', '--requests', 'r.log', '--drive', 'detect-zeroes=on,cache-clean-interval=5'],
    );
    expect(warnings.map(({ message }) => message).filter((message) => message.includes('changes nothing'))).toEqual([
      'detect-zeroes changes nothing here: requests are taken to write data other than zero, as qemu-io does',
      'cache-clean-interval changes nothing here: its timer only runs beside a guest',
    ]);
  });
});

describe('refused before anything runs', () => {
  test.each([
    [[], '--requests is missing'],
    [['--requests', 'ok.log'], '--disk or --image is missing'],
    [['--disk', '0', '--requests', 'ok.log'], 'a disk of 0 bytes'],
    [['--disk', '2TB', '--requests', 'ok.log'], '--disk: "2TB" is ambiguous'],
    [['--disk', '1M', '--requests', 'none.log'], 'there is no workload "none.log"'],
    [['--disk', '1M', '--requests', 'bad.log'], 'bad.log:5: the action "erase" is unknown'],
    [['--disk', '1M', '--requests', 'empty.log'], 'empty.log: the fio iolog has no requests'],
    [['--disk', '1M', '--requests', 'zero.log'], 'zero.log:4: the length of a write is 0'],
    [['--disk', '1M', '--requests', 'past.log'], 'past.log:5: the trim of 8192 bytes at 1044480 ends past the end'],
    [['--disk', '8G', '--requests', 'long.log'], 'long.log:4: a read of 4294967296 bytes is longer than a disk takes'],
    [['--disk', '1M', '--requests', 'ok.log', '-o', 'cluster_size=100'], 'Cluster size must be a power of two'],
    [['--disk', '1M', '--requests', 'ok.log', '-o', 'encrypt.format=luks'], 'encrypt.format'],
    [['--disk', '1M', '--requests', 'ok.log', '-o', 'backing_file=x,backing_fmt=raw'], 'backing_f'],
    [['--disk', '1M', '--requests', 'ok.log', '--drive', 'l2-cache-entry-size=100'], 'L2 cache entry size'],
    [['--disk', '1M', '--requests', 'ok.log', '--drive', 'discard-no-unref=on', '--qemu-version', '7.2'], '8.1'],
    [['--disk', '1M', '--requests', 'ok.log', '--qemu-version', 'seven'], '"seven" is not a version'],
    [['--disk', '1M', '--requests', 'ok.log', '--content', 'half'], '"half" is none of'],
    [['--disk', '1M', '--requests', 'ok.log', '--backing', 'x.raw'], 'neither none nor a backing file'],
    [
      ['--disk', '1M', '--requests', 'ok.log', '--backing', 'raw:data', '--content', 'mapped'],
      'Backing file and preallocation',
    ],
    [['--disk', '1M', '--requests', 'ok.log', '--drive', 'l2-cache-size={1M,2M}', '--io-log', 'x'], '--io-log'],
    [['--disk', '1M', '--requests', 'ok.log', '--io-log', 'ok.log'], 'ok.log is there already'],
    [['--disk', '1M', '--requests', 'ok.log', '--io-log', 'no/x'], 'there is no such directory'],
    [['--image', 'ok.log', '--requests', 'ok.log'], 'ok.log'],
    [['--image', 'none.qcow2', '--requests', 'ok.log'], 'none.qcow2'],
    [['--image', 'a.qcow2', '--disk', '1M', '--requests', 'ok.log'], '--disk is for a new image'],
    [['--image', 'a.qcow2', '-o', 'compat=1.1', '--requests', 'ok.log'], '--create is for a new image'],
  ])('%j', async (argv, message) => {
    writeFileSync(join(cwd, 'ok.log'), iolog('write 0 4096'));
    writeFileSync(join(cwd, 'bad.log'), iolog('read 0 512', 'erase 0 512'));
    writeFileSync(join(cwd, 'empty.log'), iolog());
    writeFileSync(join(cwd, 'zero.log'), iolog('write 0 0'));
    writeFileSync(join(cwd, 'past.log'), iolog('read 0 512', 'trim 1044480 8192'));
    writeFileSync(join(cwd, 'long.log'), iolog('read 0 4294967296'));
    const before = readdirSync(cwd);
    const result = await qtune(...argv);
    expect(result.stderr).toContain(message);
    expect(result).toMatchObject({ exitCode: ExitCode.usage, stdout: '' });
    expect(readdirSync(cwd)).toEqual(before);
  });

  test('a run that is interrupted leaves no half log', async () => {
    const controller = new AbortController();
    controller.abort();
    const argv = ['simulate', '--disk', '20G', '--requests', 'l2-cache-20g', '--io-log', 'io.ndjson'];
    const { exitCode } = await runCli(argv, { cwd, env, signal: controller.signal });
    expect(exitCode).toBe(ExitCode.interrupted);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

test.each(simulateCommand.examples)('the example works: $command', async ({ command }) => {
  const argv = command.split(' ').map((word) => word.replaceAll("'", ''));
  expect((await runCli(argv, { cwd, env })).exitCode).toBe(ExitCode.ok);
});
