import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { sampleHeader, sampleRows } from '../../bench/fleet/sample-fleet.ts';
import { capacityCommand } from '../../src/cli/commands/capacity.ts';
import { capacitySchema } from '../../src/report/schemas/capacity.ts';
import { definitionsOf } from '../../src/settings/catalogue.ts';
import { ExitCode, runCli } from '../helpers/host.ts';
import { systemQemu } from '../helpers/qemu.ts';
import { run } from '../settings/qemu-oracle.ts';

/** Splits an example as a shell does; single quotes are all that examples use. */
const words = (command: string) => command.split(' ').map((word) => word.replaceAll("'", ''));
const K = 1024;
const G = 1024 ** 3;

async function document(...args: string[]) {
  const { exitCode, stdout, stderr } = await runCli(['capacity', '--json', ...args]);
  expect(stderr).toBe('');
  expect(exitCode).toBe(ExitCode.ok);
  return capacitySchema.parse(JSON.parse(stdout));
}

describe('--json', () => {
  test('has the keys that scripts read, with the figures of 2 TiB under the defaults', async () => {
    const { schema, disk, onDisk, cache } = await document('--disk', '2T');
    expect({ schema, disk, onDisk, cache }).toEqual({
      schema: 'qtune.capacity/1',
      disk: { virtualBytes: 2_199_023_255_552 },
      // qemu-img measure 7.2.22: required 335806464, fully allocated 2199359062016
      onDisk: {
        requiredBytes: 335_806_464,
        fullyAllocatedBytes: 2_199_359_062_016,
        headerBytes: 65_536,
        l1Bytes: 65_536,
        l2Bytes: 268_435_456,
        refcountBytes: 67_239_936,
        dataBytes: 2_199_023_255_552,
      },
      cache: {
        l2FullCoverageBytes: 268_435_456,
        l2Bytes: 33_554_432,
        l2EntryBytes: 4096,
        l2EntryCount: 8192,
        refcountBytes: 262_144,
        refcountTableCount: 4,
        coveredBytes: 274_877_906_944,
        coveredRatio: 0.125,
      },
    });
  });

  test('holds nothing that the schema does not describe', async () => {
    const args = [
      '--disk',
      '1T',
      '-o',
      'cluster_size={64K,128K}',
      '--drive',
      'l2-cache-size=2G',
      '--chain',
      '3',
      '--snapshots',
      '2',
    ];
    const { stdout } = await runCli(['capacity', '--json', ...args]);
    const raw = JSON.parse(stdout);
    expect(capacitySchema.parse(raw)).toEqual(raw);
  });

  test('lists every configuration where there are several, and repeats the first at the top', async () => {
    const {
      configurations = [],
      cache,
      settings,
    } = await document('--disk', '1T', '-o', 'cluster_size={64K,128K}', '--create', 'extended_l2=on');
    expect(configurations.map((one) => one.settings.label)).toEqual([
      'cluster_size=64K',
      'cluster_size=128K',
      'extended_l2=on',
    ]);
    expect(configurations[0]).toMatchObject({ cache, settings });
    expect((await document('--disk', '1T')).configurations).toBeUndefined();
  });

  test('counts a chain, its snapshots and the number of disks', async () => {
    const one = await document('--disk', '500G');
    const many = await document(
      '--disk',
      '500G',
      '--chain',
      '3',
      '--snapshots',
      '4',
      '--count',
      '10',
      '--drive',
      'l2-cache-size=1M',
    );
    expect(many.layers).toMatchObject([
      { role: 'active', imageCount: 1, memoryBytes: 1024 * K + 256 * K },
      { role: 'backing', imageCount: 2, cache: one.cache, memoryBytes: 2 * (one.cache.l2Bytes + 256 * K) },
    ]);
    expect(many.snapshots).toMatchObject({ count: 4, l1Bytes: 4 * 64 * K, tableBytes: 64 * K });
    expect(many.total).toMatchObject({
      diskCount: 10,
      imageCount: 30,
      memoryBytes: 10 * (1280 * K + 2 * (one.cache.l2Bytes + 256 * K)),
      fullCoverageMemoryBytes: 30 * (one.cache.l2FullCoverageBytes + 256 * K),
      requiredBytes: 10 * (3 * one.onDisk.requiredBytes + 5 * 64 * K),
    });
  });

  test('has the cliff over cluster sizes and over disk sizes', async () => {
    const { cliff, coverageLimitBytes } = await document('--disk', '9T', '--drive', 'l2-cache-size=8M');
    expect(cliff.byClusterSize.map((row) => [row.clusterBytes, row.coverageLimitBytes / G])).toEqual(
      [4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048].map((clusters) => [clusters * K, clusters * 4]),
    );
    expect(cliff.byClusterSize[0]).toEqual({
      clusterBytes: 4096,
      maximumDiskBytes: 8 * 1024 * G,
      coverageLimitBytes: 16 * G,
    });
    expect(coverageLimitBytes).toBe(64 * G);
    const at = (gib: number) => cliff.byDiskSize.find((point) => point.diskBytes === gib * G);
    expect(at(256)).toEqual({ diskBytes: 256 * G, coveredRatio: 1, settingsCoveredRatio: 0.25 });
    expect(at(1024)).toEqual({ diskBytes: 1024 * G, coveredRatio: 0.25, settingsCoveredRatio: 0.0625 });
  });

  test.each([
    [['--drive', 'l2-cache-size=1G'], 'l2-cache-not-usable'],
    [['--drive', 'l2-cache-size=1'], 'l2-cache-raised'],
    [['--drive', 'l2-cache-size=100000'], 'l2-cache-rounded'],
    [['--drive', 'refcount-cache-size=1K'], 'refcount-cache-raised'],
    [['-o', 'data_file=x'], 'external-data-file'],
    [['-o', 'compat=0.10,lazy_refcounts=on'], 'create-refuses'],
    [['--chain', '2', '-o', 'preallocation=metadata'], 'create-refuses'],
    [['--qemu-version', '4.1'], 'old-cache-sizes'],
  ])('%j carries the warning %s', async (args, code) => {
    const { warnings } = await document('--disk', '100G', ...args);
    expect(warnings.map((warning) => warning.code)).toEqual([code]);
  });

  test('equals qemu-img measure', async (context) => {
    const bin = systemQemu();
    if (bin === undefined) return context.skip('no QEMU on this machine');
    for (const [size, list] of [
      ['1234567', 'cluster_size=512,refcount_bits=1'],
      ['77.7G', 'extended_l2=on,cluster_size=2M,preallocation=full'],
      ['63.5T', 'extended_l2=on,cluster_size=16K,refcount_bits=64'],
    ] as const) {
      const args = ['measure', '--size', size, '-O', 'qcow2', '-o', list, '--output', 'json'];
      const measured = JSON.parse((await run(join(bin, 'qemu-img'), args)).stdout);
      const { onDisk } = await document('--disk', size, '-o', list);
      expect([onDisk.requiredBytes, onDisk.fullyAllocatedBytes]).toEqual([
        measured.required,
        measured['fully-allocated'],
      ]);
    }
  });
});

describe('the text', () => {
  test.each([
    ['capacity-default', ['--disk', '2T']],
    [
      'capacity-chain',
      [
        '--disk',
        '500G',
        '-o',
        'extended_l2=on,cluster_size=128K',
        '--drive',
        'l2-cache-size=1M',
        '--chain',
        '3',
        '--snapshots',
        '5',
        '--count',
        '40',
      ],
    ],
    ['capacity-sweep', ['--disk', '1T', '-o', 'cluster_size={64K,128K,256K}', '--drive', 'l2-cache-size={16M,32M}']],
    ['capacity-covered', ['--disk', '100G', '-o', 'preallocation=full']],
  ])('%s is as it was', async (name, args) => {
    const { exitCode, stdout, stderr } = await runCli(['capacity', ...args]);
    expect(exitCode).toBe(ExitCode.ok);
    expect(stderr).toBe('');
    expect(stdout).toBe(await readFile(join(import.meta.dirname, '..', 'golden', `${name}.stdout`), 'utf8'));
  });

  test('has its caveats on standard error', async () => {
    const { stdout, stderr } = await runCli(['capacity', '--disk', '1G', '-o', 'lazy_refcounts=on,compat=0.10']);
    expect(stderr).toBe(
      'note: `qemu-img create` refuses these settings, `qemu-img measure` does not: -o lazy_refcounts=on,compat=0.10: Lazy refcounts only supported with compatibility level 1.1 and above (use version=v3 or greater) (Leave compat out or set it to 1.1.)\n',
    );
    expect(stdout).toContain('Disk of 1 GiB');
  });

  test.each(['0', '1', '512', '1M', '9007199254740991'])('prints a disk of %s bytes', async (size) => {
    const { exitCode, stdout } = await runCli(['capacity', '--disk', size, '-o', 'cluster_size=2M']);
    expect(exitCode).toBe(ExitCode.ok);
    expect(stdout).not.toMatch(/NaN|Infinity|undefined/);
  });
});

test.each([
  ['-o', 'create'],
  ['--drive', 'drive'],
] as const)('%s help lists every option of the catalogue with what it does and costs', async (flag, scope) => {
  const { exitCode, stdout } = await runCli(['capacity', flag, 'help']);
  expect(exitCode).toBe(ExitCode.ok);
  for (const { name, does, costs } of definitionsOf(scope).values()) {
    expect(stdout).toContain(`  ${name}=`);
    expect(stdout).toContain(does);
    expect(stdout).toContain(costs);
  }
  expect(stdout).toContain(
    scope === 'create' ? 'preallocation=off|metadata|falloc (2.2)|full (2.2)' : 'aio=threads|native|io_uring (5.0)',
  );
});

describe('what is refused, with exit code 2 and nothing on standard output', () => {
  test.each([
    [[], '--disk is missing'],
    [['--disk', '2TB'], '--disk: "2TB" is ambiguous'],
    [['--disk', 'big'], '--disk: "big" is not a size'],
    [['--disk', ''], '--disk has no value'],
    [['--disk', '1G', '--disk', '2G'], '--disk was given 2 times; it takes one value'],
    [['--disk', '8P'], '--disk: "8P" is larger than qtune can count'],
    [['--disk', '3P'], '--disk: The image size is too large (try using a larger cluster size)'],
    [
      ['--disk', '9T', '-o', 'cluster_size=4K'],
      '-o cluster_size=4K: The image size is too large (try using a larger cluster size)',
    ],
    [
      ['--disk', '1T', '-o', 'cluster_size=100'],
      '-o cluster_size=100: Cluster size must be a power of two between 512 and 2048k',
    ],
    [['--disk', '1T', '-o', 'cluster_sise=1M'], "-o: Invalid parameter 'cluster_sise'\n  Did you mean cluster_size?"],
    [['--disk', '1T', '-o', 'cluster_size={64K,100}'], '-o cluster_size=100: Cluster size must be'],
    [['--disk', '1T', '-o', 'encryption=on'], '-o encryption=on: encryption: qtune knows this option'],
    [['--disk', '1T', '-o', ''], '-o: Invalid option list: '],
    [
      ['--disk', '1T', '--drive', 'l2-cache-entry-size=3000'],
      '--drive l2-cache-entry-size=3000: L2 cache entry size must be',
    ],
    [
      ['--disk', '1T', '--drive', 'discard-no-unref=on', '--qemu-version', '7.2'],
      'discard-no-unref needs QEMU 8.1 or later; this is 7.2',
    ],
    [['--disk', '1T', '--qemu-version', 'new'], '--qemu-version: "new" is not a version of QEMU'],
    [['--disk', '1T', '--chain', '0'], '--chain: "0" is not a whole number from 1 to 1000'],
    [['--disk', '1T', '--count', '-3'], '--count'],
    [
      ['--disk', '1T', '--snapshots', '1', '-o', 'refcount_bits=1'],
      '1 internal snapshots do not fit: refcount_bits=1 allows 0',
    ],
    [['--disk', '1P', '--count', '1000'], 'all images together are larger than qtune can count'],
    [['--disk', '1T', 'extra'], 'extra\n  See `qtune capacity --help`.'],
    // What bash makes of -o cluster_size={64K,128K} without quotes.
    [
      ['--disk', '1T', '-o', 'cluster_size=64K', 'cluster_size=128K'],
      "Unknown argument: cluster_size=128K\n  A list with braces needs quotes, or the shell takes it apart: -o 'cluster_size={64K,128K}'.",
    ],
  ])('%j', async (args, message) => {
    const { exitCode, stdout, stderr } = await runCli(['capacity', ...args]);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('bug');
    expect(stdout).toBe('');
    expect(exitCode).toBe(ExitCode.usage);
  });
});

const directory = mkdtempSync(join(tmpdir(), 'qtune-capacity-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
writeFileSync(join(directory, 'fleet.csv'), `${[sampleHeader, ...sampleRows(300, 5)].join('\n')}\n`);

test.each(capacityCommand.examples.map(({ command }) => command))('the example `qtune %s` runs', async (command) => {
  const { exitCode, stdout, stderr } = await runCli(words(command), { cwd: directory });
  expect(stderr).toBe('');
  expect(exitCode).toBe(ExitCode.ok);
  expect(stdout.length).toBeGreaterThan(500);
});
