import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ImageFormatError } from '../../../src/errors.ts';
import type { ImageCensus } from '../../../src/qcow2/inspect/inspect-image.ts';
import { qemusUnderTest } from '../../helpers/qemu.ts';
import { censusOfFile } from './run-inspection.ts';

let home = '';
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'qtune-inspect-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

interface Made {
  readonly name: string;
  readonly options: string;
  readonly size: string;
  readonly commands: readonly string[];
  readonly after?: readonly (readonly string[])[];
}

const made: readonly Made[] = [
  { name: 'empty', options: 'cluster_size=64k', size: '5T', commands: [] },
  {
    name: 'scattered',
    options: 'cluster_size=64k',
    size: '8G',
    commands: ['write 1M 256k', 'write 0 64k', 'write 5G 128k', 'write 64k 64k', 'write -z 1M 64k', 'discard 5G 64k'],
  },
  {
    name: 'compressed',
    options: 'cluster_size=512',
    size: '3M',
    commands: ['write 0 40k', 'write -c 1M 512', 'write -c 1025k 512', 'write -c 1049088 512', 'write -z 2M 5k'],
  },
  {
    name: 'subclusters',
    options: 'cluster_size=16k,extended_l2=on',
    size: '100M',
    commands: ['write 1k 4k', 'write 8k 512', 'write -z 2M 5k', 'write -c 64k 16k', 'write 80k 32k', 'write -z 84k 1k'],
  },
  {
    name: 'snapshots',
    options: 'cluster_size=4k',
    size: '64M',
    commands: ['write 0 1M', 'write 32M 64k'],
    after: [
      ['qemu-img', 'snapshot', '-c', 'one', 'FILE'],
      ['qemu-io', '-f', 'qcow2', '-c', 'write 512k 64k', '-c', 'discard 32M 64k', 'FILE'],
      ['qemu-img', 'snapshot', '-c', 'two', 'FILE'],
      ['qemu-io', '-f', 'qcow2', '-c', 'write 512k 4k', 'FILE'],
    ],
  },
  { name: 'old', options: 'compat=0.10', size: '1G', commands: ['write 0 1M', 'write 512M 64k'] },
  { name: 'wide', options: 'cluster_size=2M,refcount_bits=64', size: '10G', commands: ['write 3M 5M', 'write 9G 1M'] },
  { name: 'narrow', options: 'cluster_size=1k,refcount_bits=1', size: '4M', commands: ['write 0 3M'] },
  {
    name: 'bitmaps',
    options: 'cluster_size=64k',
    size: '1G',
    commands: ['write 0 1M'],
    after: [
      ['qemu-img', 'bitmap', '--add', 'FILE', 'b0'],
      ['qemu-img', 'bitmap', '--add', '-g', '4k', 'FILE', 'b1'],
      ['qemu-io', '-f', 'qcow2', '-c', 'write 700M 128k', 'FILE'],
    ],
  },
  { name: 'data-file', options: 'data_file=FILE.raw', size: '64M', commands: ['write 0 1M', 'write 2M 64k'] },
  { name: 'luks', options: 'encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10', size: '64M', commands: [] },
];

function make(bin: string, path: string, { options, size, commands, after = [] }: Made): void {
  const tool = (name: string, ...args: readonly string[]) => execFileSync(join(bin, name), args, { stdio: 'pipe' });
  const secret = options.includes('luks') ? ['--object', 'secret,id=s,data=abc'] : [];
  const create = () =>
    tool('qemu-img', 'create', '-q', '-f', 'qcow2', ...secret, '-o', options.replace('FILE', path), path, size);
  if (options.includes('luks')) whileClockIsCoarse(create);
  else create();
  if (commands.length > 0) tool('qemu-io', '-f', 'qcow2', ...commands.flatMap((one) => ['-c', one]), path);
  for (const [name = '', ...args] of after) tool(name, ...args.map((arg) => arg.replace('FILE', path)));
}

/**
 * LUKS times its key derivation by the thread's processor time, and gives up where the kernel, counting in ticks,
 * has not counted any yet (crypto/pbkdf.c: "Unable to get accurate CPU usage"). It says nothing about the image.
 */
function whileClockIsCoarse(create: () => void): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      create();
      return;
    } catch (error) {
      if (attempt === 20 || !String(error).includes('Unable to get accurate CPU usage')) throw error;
    }
  }
}

interface CheckReport {
  readonly 'allocated-clusters'?: number;
  readonly 'compressed-clusters'?: number;
  readonly 'fragmented-clusters'?: number;
  readonly leaks?: number;
  readonly corruptions?: number;
  readonly 'check-errors': number;
}

function check(bin: string, path: string): CheckReport | undefined {
  const { stdout } = spawnSync(join(bin, 'qemu-img'), ['check', '-U', '--output=json', '-f', 'qcow2', path], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  return stdout.trimStart().startsWith('{') ? JSON.parse(stdout.slice(stdout.indexOf('{'))) : undefined;
}

/** Data entries of the image itself. */
function mapCount(bin: string, path: string): number {
  const map: { data: boolean; depth: number }[] = JSON.parse(
    execFileSync(join(bin, 'qemu-img'), ['map', '-U', '--output=json', '-f', 'qcow2', path], { encoding: 'utf8' }),
  );
  return map.filter(({ data, depth }) => data && depth === 0).length;
}

function expectAsChecked(census: ImageCensus, report: CheckReport | undefined): void {
  expect({
    allocated: census.allocated,
    compressed: census.compressed,
    fragmented: census.fragmented,
    leaks: census.damage.find(({ kind }) => kind === 'leak')?.count ?? 0,
    corrupt: census.damage.some(({ kind }) => kind !== 'leak'),
  }).toEqual({
    allocated: report?.['allocated-clusters'] ?? 0,
    compressed: report?.['compressed-clusters'] ?? 0,
    fragmented: report?.['fragmented-clusters'] ?? 0,
    leaks: report?.leaks ?? 0,
    corrupt: (report?.corruptions ?? 0) > 0,
  });
}

const qemus = qemusUnderTest();
describe.skipIf(qemus.length === 0)('beside qemu-img (skipped where there is none)', () => {
  describe.each([...qemus])('$name', ({ name: qemu, bin }) => {
    test.each([...made])('$name', (image) => {
      const path = join(home, `${qemu}-${image.name}.qcow2`);
      make(bin, path, image);
      const census = censusOfFile(path);
      if (image.name === 'luks') {
        expect([census.header.encryption, census.damage]).toEqual(['LUKS', []]);
        return;
      }
      expectAsChecked(census, check(bin, path));
      expect(census.dataExtentCount).toBe(mapCount(bin, path));
      expect(census.referencesChecked).toBe(true);
    });
  });

  test('leaks and refcounts that are too low are counted as qemu-img check counts them', () => {
    const bin = qemus[0]?.bin ?? '';
    const path = join(home, 'leaky.qcow2');
    make(bin, path, { name: 'leaky', options: 'cluster_size=4k', size: '64M', commands: ['write 0 1M'] });
    const bytes = readFileSync(path);
    const { header } = censusOfFile(path);
    const block = Number(bytes.readBigUInt64BE(header.refcountTableOffsetBytes));
    const l2 = Number(bytes.readBigUInt64BE(header.l1OffsetBytes) & 0xff_ffff_ffff_fe00n);
    // Three entries gone are three clusters that nobody refers to.
    for (const index of [3, 4, 9]) bytes.writeBigUInt64BE(0n, l2 + 8 * index);
    writeFileSync(path, bytes);
    expectAsChecked(censusOfFile(path), check(bin, path));
    expect(censusOfFile(path).damage).toEqual([expect.objectContaining({ kind: 'leak', count: 3 })]);
    const data = Number(bytes.readBigUInt64BE(l2 + 8 * 20) & 0xff_ffff_ffff_fe00n) / 4096;
    bytes.writeUInt16BE(0, block + 2 * data);
    writeFileSync(path, bytes);
    expectAsChecked(censusOfFile(path), check(bin, path));
    // Two guest clusters in one place.
    bytes.copy(bytes, l2 + 8 * 30, l2 + 8 * 31, l2 + 8 * 32);
    writeFileSync(path, bytes);
    expectAsChecked(censusOfFile(path), check(bin, path));
    // A place behind the end of the file, and one that is no cluster's.
    bytes.writeBigUInt64BE(0x8000_00ff_0000_0000n, l2 + 8 * 40);
    bytes.writeBigUInt64BE(0x8000_0000_0000_0200n, l2 + 8 * 41);
    writeFileSync(path, bytes);
    const kinds = censusOfFile(path).damage.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['l2-entry', 'refcount-too-low', 'leak']));
  });
});

const samples = process.env.QTUNE_TEST_IMAGES ?? join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'images');
const sound = [
  'cdi/fs-overhead.qcow2',
  'cdi/cirros-snapshot1.qcow2',
  'vasi/test.qcow2',
  'dissect/backing-chain-3.qcow2.gz',
  'dissect/basic.qcow2.gz',
  'dissect/basic-zstd.qcow2.gz',
  'qemu/bios-tables-test.aarch64.iso.qcow2',
  'qemu/bios-tables-test.arm.iso.qcow2',
  'qemu/bios-tables-test.i386.iso.qcow2',
  'qemu/bios-tables-test.riscv64.iso.qcow2',
  'qemu/bios-tables-test.x86_64.iso.qcow2',
];
const refused = [
  'cdi/invalid-qcow-large-size.img',
  'cdi/invalid-qcow-large-memory.img',
  'cdi/invalid-qcow-backing-file.img',
  'libqcow/file_header.1',
  'binwalk/qcow.bin',
];

describe.skipIf(!existsSync(samples) || qemus.length === 0)('images of other projects (skipped where absent)', () => {
  const unpack = (file: string): string => {
    const bytes = readFileSync(join(samples, file));
    const path = join(home, basename(file).replace(/\.gz$/, ''));
    writeFileSync(path, file.endsWith('.gz') ? gunzipSync(bytes, { maxOutputLength: 2 ** 24 }) : bytes);
    return path;
  };

  test.each(sound)('%s has the counts of qemu-img check', (file) => {
    const path = unpack(file);
    // A backing file that is not here would keep qemu-img from opening the image.
    const bare = file.includes('cirros');
    const report = bare ? undefined : check(qemus[0]?.bin ?? '', path);
    const census = censusOfFile(path);
    if (!bare) expectAsChecked(census, report);
    expect(census.damage).toEqual([]);
  });

  test.each(refused)('%s is refused', (file) => {
    expect(() => censusOfFile(unpack(file))).toThrow(ImageFormatError);
  });
});
