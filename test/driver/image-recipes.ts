import { join } from 'node:path';
import { expect } from 'vitest';
import { Random } from '../../src/workload/random.ts';
import { systemQemu } from '../helpers/qemu.ts';
import { run } from '../settings/qemu-oracle.ts';

/** Where QEMU's tools are, if they are. */
export const bin = systemQemu();

/** How an image comes to be: each step is a command of qemu-img, or of qemu-io on it. */
export interface Recipe {
  readonly name: string;
  readonly options: string;
  readonly bytes: number;
  /** Runs before the image is created. */
  readonly before?: (tools: Tools) => Promise<void>;
  readonly steps?: (tools: Tools) => Promise<void>;
}

/** QEMU's tools on the image of one directory, with a seeded source of requests. */
export class Tools {
  readonly directory: string;
  readonly random: Random;
  readonly recipe: Recipe;

  constructor(directory: string, recipe: Recipe, seed: number) {
    this.directory = directory;
    this.recipe = recipe;
    this.random = new Random(seed);
  }

  async img(...args: string[]): Promise<string> {
    const output = await run(join(bin as string, 'qemu-img'), args, this.directory);
    expect(output.stderr).toBe('');
    return output.stdout;
  }

  async io(...commands: string[]): Promise<void> {
    const args = ['-f', 'qcow2', ...commands.flatMap((command) => ['-c', command]), 'image.qcow2'];
    const { ok, stderr, stdout } = await run(join(bin as string, 'qemu-io'), args, this.directory);
    expect(`${ok} ${stderr} ${stdout.includes('failed')}`).toBe('true  false');
  }

  /** Seeded writes, zeroes and discards all over the disk. */
  mixed(count: number): Promise<void> {
    const { bytes } = this.recipe;
    const commands = Array.from({ length: count }, () => {
      const length = 512 * (1 + this.random.below(300));
      const offset = 512 * this.random.below(Math.floor((bytes - length) / 512));
      const verb = ['write', 'write', 'write', 'write -z', 'write -z -u', 'discard'][this.random.below(6)];
      return `${verb} ${offset} ${length}`;
    });
    return this.io(...commands);
  }

  /** Compressed clusters here and there, where nothing is yet: QEMU does not compress over an allocated cluster. */
  compressed(clusterBytes: number, count: number): Promise<void> {
    const clusters = Math.floor(this.recipe.bytes / clusterBytes);
    const places = new Set(Array.from({ length: count }, () => clusterBytes * this.random.below(clusters)));
    return this.io(...[...places].map((at) => `write -c -P ${1 + this.random.below(255)} ${at} ${clusterBytes}`));
  }
}

const mebibyte = 1024 ** 2;
const mixed = (tools: Tools): Promise<void> => tools.mixed(40);
const snapshots = async (tools: Tools): Promise<void> => {
  // Refcounts of two bits count to three: the active tables and two snapshots.
  for (const name of tools.recipe.options.includes('refcount_bits=2,') ? ['one', 'two'] : ['one', 'two', 'three']) {
    await tools.mixed(15);
    await tools.img('snapshot', '-c', name, 'image.qcow2');
  }
  await tools.mixed(15);
  await tools.img('snapshot', '-d', 'two', 'image.qcow2');
  await tools.mixed(5);
};

/** Every kind of table and entry that QEMU writes. */
export const recipes: readonly Recipe[] = [
  ...[9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21].map(
    (bits): Recipe => ({
      name: `clusters of 2^${bits}`,
      options: `cluster_size=${2 ** bits}`,
      bytes: (bits < 12 ? 4 : 40) * mebibyte + 1536,
      steps: async (tools) => {
        await tools.compressed(2 ** bits, 12);
        await tools.mixed(30);
      },
    }),
  ),
  ...[14, 16, 18, 21].map(
    (bits): Recipe => ({
      name: `subclusters in clusters of 2^${bits}`,
      options: `cluster_size=${2 ** bits},extended_l2=on`,
      bytes: 20 * mebibyte,
      steps: async (tools) => {
        await tools.compressed(2 ** bits, 5);
        await tools.mixed(30);
      },
    }),
  ),
  ...[1, 2, 4, 8, 16, 32, 64].map(
    (bits): Recipe => ({
      name: `refcounts of ${bits} bits`,
      options: `refcount_bits=${bits},cluster_size=1024`,
      bytes: 8 * mebibyte,
      steps: bits === 1 ? mixed : snapshots,
    }),
  ),
  { name: 'version 2', options: 'compat=0.10', bytes: 30 * mebibyte, steps: (tools) => tools.io('write 1M 3M') },
  { name: 'version 2 with snapshots', options: 'compat=v2,cluster_size=4k', bytes: 9 * mebibyte, steps: snapshots },
  { name: 'snapshots with subclusters', options: 'extended_l2=on', bytes: 30 * mebibyte, steps: snapshots },
  { name: 'nothing written', options: 'cluster_size=64k', bytes: 500 * mebibyte },
  { name: 'no disk at all', options: 'cluster_size=64k', bytes: 0 },
  ...['metadata', 'falloc', 'full'].map(
    (mode): Recipe => ({ name: `preallocation=${mode}`, options: `preallocation=${mode}`, bytes: 20 * mebibyte + 512 }),
  ),
  {
    name: 'preallocated subclusters',
    options: 'preallocation=metadata,extended_l2=on',
    bytes: 20 * mebibyte,
    steps: mixed,
  },
  { name: 'lazy refcounts', options: 'lazy_refcounts=on', bytes: 20 * mebibyte, steps: mixed },
  {
    name: 'zstd',
    options: 'compression_type=zstd',
    bytes: 9 * mebibyte,
    steps: (tools) => tools.compressed(65_536, 20),
  },
  { name: 'data file', options: 'data_file=data.raw', bytes: 9 * mebibyte, steps: mixed },
  { name: 'raw data file', options: 'data_file=data.raw,data_file_raw=on', bytes: 9 * mebibyte, steps: mixed },
  {
    name: 'data file with subclusters',
    options: 'data_file=data.raw,extended_l2=on',
    bytes: 9 * mebibyte,
    steps: (tools) => tools.io('write 0 2k', 'write 200k 600k', 'write -z 210k 64k'),
  },
  {
    name: 'resized disk',
    options: 'cluster_size=512',
    bytes: 2 * mebibyte,
    steps: async (tools) => {
      await tools.mixed(20);
      await tools.img('resize', '-q', 'image.qcow2', '80M');
      await tools.io('write 70M 1M');
    },
  },
  {
    name: 'chain',
    options: 'backing_file=middle.qcow2,backing_fmt=qcow2',
    bytes: 12 * mebibyte,
    before: async (tools) => {
      await tools.img('create', '-q', '-f', 'qcow2', '-o', 'cluster_size=4k', 'base.qcow2', '5M');
      await tools.img(
        'create',
        '-q',
        '-f',
        'qcow2',
        '-o',
        'backing_file=base.qcow2,backing_fmt=qcow2',
        'middle.qcow2',
        '9M',
      );
      for (const [file, at] of [
        ['base.qcow2', '1M'],
        ['middle.qcow2', '2M'],
      ] as const) {
        await run(
          join(bin as string, 'qemu-io'),
          ['-c', `write ${at} 2M`, '-c', 'write -z 512k 64k', file],
          tools.directory,
        );
      }
    },
    steps: mixed,
  },
  {
    name: 'raw base',
    options: 'backing_file=base.raw,backing_fmt=raw,extended_l2=on',
    bytes: 12 * mebibyte,
    before: async (tools) => {
      await tools.img('create', '-q', '-f', 'raw', 'base.raw', '5M');
    },
    steps: mixed,
  },
];
