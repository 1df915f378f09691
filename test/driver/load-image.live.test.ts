import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { ImageState } from '../../src/driver/image-state.ts';
import { loadImage } from '../../src/driver/load-image.ts';
import { loadMetadata } from '../../src/driver/load-metadata.ts';
import { MetadataExtents } from '../../src/driver/load-metadata-extents.ts';
import { checkReferences } from '../../src/driver/load-references.ts';
import { readHeader } from '../../src/qcow2/header.ts';
import { ImageFile } from '../../src/qcow2/image-file.ts';
import { Random } from '../../src/workload/random.ts';
import { systemQemu } from '../helpers/qemu.ts';
import { run } from '../settings/qemu-oracle.ts';
import { loadedUnits, type MapEntry, qemuUnits, unitBytes } from './loaded-map.ts';

const bin = systemQemu();
const home = mkdtempSync(join(tmpdir(), 'qtune-load-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** How an image comes to be: each step is a command of qemu-img, or of qemu-io on it. */
interface Recipe {
  readonly name: string;
  readonly options: string;
  readonly bytes: number;
  /** Runs before the image is created. */
  readonly before?: (tools: Tools) => Promise<void>;
  readonly steps?: (tools: Tools) => Promise<void>;
}

class Tools {
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

const recipes: Recipe[] = [
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

test.skipIf(bin === undefined).each(recipes.map((recipe, seed) => [recipe.name, recipe, seed] as const))(
  'the loaded mapping is that of qemu-img map, and refcounts are what the tables add up to: %s',
  async (_name, recipe, seed) => {
    const directory = join(home, `${seed}`);
    mkdirSync(directory);
    const tools = new Tools(directory, recipe, seed);
    await recipe.before?.(tools);
    await tools.img('create', '-q', '-f', 'qcow2', '-o', recipe.options, 'image.qcow2', String(recipe.bytes));
    await recipe.steps?.(tools);
    const path = join(directory, 'image.qcow2');
    const before = fingerprint(path);
    const { image, warnings } = loadImage('image.qcow2', { followBacking: true, cwd: directory });
    expect(fingerprint(path)).toBe(before);
    expect(warnings).toEqual([]);
    await expectShape(tools, image, path);
    await expectMapping(tools, image);
    expectRefcounts(path);
  },
);

function fingerprint(path: string): string {
  return `${statSync(path).mtimeMs} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
}

async function expectShape(tools: Tools, image: ImageState, path: string): Promise<void> {
  const info = JSON.parse(await tools.img('info', '--output=json', '-U', 'image.qcow2'));
  const specific = info['format-specific'].data;
  expect({
    'virtual-size': image.virtualBytes,
    'cluster-size': 2 ** image.clusterBits,
    compat: image.version === 2 ? '0.10' : '1.1',
    'refcount-bits': image.refcountBits,
    'extended-l2': image.extendedL2,
    'lazy-refcounts': image.lazyRefcounts,
    snapshots: image.snapshots.length,
    'actual-size': image.file.allocatedBytes,
    length: image.file.lengthBytes,
  }).toEqual({
    'virtual-size': info['virtual-size'],
    'cluster-size': info['cluster-size'],
    compat: specific.compat,
    'refcount-bits': specific['refcount-bits'],
    'extended-l2': specific['extended-l2'] ?? false,
    'lazy-refcounts': specific['lazy-refcounts'] ?? false,
    snapshots: info.snapshots?.length ?? 0,
    'actual-size': info['actual-size'],
    length: statSync(path).size,
  });
  expect(image.dataFileRaw).toBe(specific['data-file-raw'] ?? false);
}

async function expectMapping(tools: Tools, image: ImageState): Promise<void> {
  const map: MapEntry[] = JSON.parse(await tools.img('map', '--output=json', 'image.qcow2'));
  const unit = unitBytes(image);
  const loaded = loadedUnits(image, unit);
  const expected = qemuUnits(map, unit);
  expect(loaded.length).toBe(expected.length);
  // What lies in a raw base is a question to its file system, not to the image.
  for (const [index, held] of loaded.entries())
    if (held === 'raw' && /^(at|absent)/.test(expected[index] ?? '')) expected[index] = held;
  const wrong = loaded.findIndex((held, index) => held !== expected[index]);
  expect(wrong < 0 ? undefined : [wrong * unit, loaded[wrong], expected[wrong]]).toBeUndefined();
}

/** Of a clean image: the count of references is the refcount, cluster by cluster, and beyond the file there is neither. */
function expectRefcounts(path: string): void {
  const file = ImageFile.open(path, path);
  try {
    const header = readHeader(file);
    const metadata = loadMetadata(file, header);
    const references = checkReferences(file, metadata, new MetadataExtents(metadata));
    const end = Math.ceil(file.lengthBytes / header.clusterBytes) + 10_000;
    let used = 0;
    for (let cluster = 0; cluster < end; cluster++) {
      const refcount = metadata.refcounts.get(cluster);
      if (refcount > 0) used++;
      if (references(cluster) !== refcount) expect([cluster, references(cluster)]).toEqual([cluster, refcount]);
    }
    expect(used).toBeGreaterThanOrEqual(3);
  } finally {
    file.close();
  }
}

test.skipIf(bin === undefined)('several QEMU-made images keep tables of one run as a few numbers', async () => {
  const directory = join(home, 'linear');
  mkdirSync(directory);
  const tools = new Tools(directory, { name: '', options: '', bytes: 0 }, 1);
  await tools.img('create', '-q', '-f', 'qcow2', '-o', 'preallocation=metadata', 'image.qcow2', '100G');
  const { image } = loadImage(join(directory, 'image.qcow2'), { followBacking: false });
  expect([...image.l2Tables.values()].filter((table) => !table.isLinear)).toEqual([]);
  expect(image.l2Tables.size).toBe(200);
});
