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
import { run } from '../settings/qemu-oracle.ts';
import { bin, recipes, Tools } from './image-recipes.ts';
import { loadedUnits, type MapEntry, qemuUnits, unitBytes } from './loaded-map.ts';

const home = mkdtempSync(join(tmpdir(), 'qtune-load-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

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

test.skipIf(bin === undefined)(
  'an image with lazy refcounts after a crash: refused until QEMU has repaired it',
  async () => {
    const directory = join(home, 'crashed');
    mkdirSync(directory);
    const tools = new Tools(directory, { name: '', options: '', bytes: 0 }, 1);
    await tools.img('create', '-q', '-f', 'qcow2', '-o', 'lazy_refcounts=on', 'image.qcow2', '10M');
    await run(join(bin as string, 'qemu-io'), ['-c', 'write 0 1M', '-c', 'abort', 'image.qcow2'], directory);
    const load = () => loadImage('image.qcow2', { followBacking: false, cwd: directory });
    expect(load).toThrow(
      /it was not closed cleanly .*, and its refcounts are out of date: the L2 table at 0x40000, entry 0 refers to/,
    );
    await run(join(bin as string, 'qemu-img'), ['check', '-q', '-r', 'all', 'image.qcow2'], directory);
    expect(load()).toMatchObject({ warnings: [], image: { dirty: false, lazyRefcounts: true } });
  },
);

test.skipIf(bin === undefined)(
  'persistent bitmaps are clusters in use that no table names, with a warning',
  async () => {
    const directory = join(home, 'bitmaps');
    mkdirSync(directory);
    const tools = new Tools(directory, { name: '', options: '', bytes: 0 }, 1);
    await tools.img('create', '-q', '-f', 'qcow2', 'image.qcow2', '10M');
    await tools.img('bitmap', '--add', 'image.qcow2', 'changes');
    const { warnings, image } = loadImage('image.qcow2', { followBacking: false, cwd: directory });
    expect(warnings.map(({ code }) => code)).toEqual(['image-bitmaps']);
    expect(image.refcounts.usedRun(0, 100)).toBeGreaterThan(4);
  },
);
