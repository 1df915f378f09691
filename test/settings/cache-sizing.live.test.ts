import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { computeCacheSizes } from '../../src/settings/cache-sizing.ts';
import { parseSettingList } from '../../src/settings/parse.ts';
import { geometryOf } from '../../src/settings/resolve.ts';
import { type Oracle, oracles, run, twoAtATime } from './qemu-oracle.ts';

// The number of places in QEMU's L2 cache and the size of each, read off its trace: one read in every entry's reach fills all
// places, and each miss names the place and the offset in the file that it takes.

const diskBytes = 16 * 1024 ** 2;
const create = 'cluster_size=2K,preallocation=metadata';

let directory = '';
let tools: readonly Oracle[] = [];
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'qtune-cache-'));
  tools = await oracles();
  for (const qemu of tools.slice(0, 1)) {
    for (const [name, more] of [
      ['plain', ''],
      ['subclusters', ',cluster_size=16K,extended_l2=on'],
    ]) {
      const args = ['create', '-q', '-f', 'qcow2', '-o', `${create}${more}`, `${name}.qcow2`, String(diskBytes)];
      expect(await run(join(qemu.bin, 'qemu-img'), args, directory)).toMatchObject({ ok: true });
    }
  }
});
afterAll(() => rm(directory, { recursive: true, force: true }));

interface Observed {
  readonly placeCount: number;
  readonly smallestStepBytes: number;
}

async function observe(qemu: Oracle, image: string, list: string): Promise<Observed> {
  const options = ['driver=qcow2', 'file.driver=file', 'file.locking=off', `file.filename=${image}.qcow2`, list];
  const reads = Array.from({ length: diskBytes / (128 * 1024) }, (_, index) => ['-c', `read -q ${index * 128}K 512`]);
  const args = [
    '-r',
    '--trace',
    'qcow2_cache_get*',
    '--image-opts',
    options.filter(Boolean).join(','),
    ...reads.flat(),
  ];
  const { stderr } = await run(join(qemu.bin, 'qemu-io'), args, directory);
  const places = new Set(
    [...stderr.matchAll(/qcow2_cache_get_replace_entry co \S+ is_l2_cache 1 index (\d+)/g)].map((match) => match[1]),
  );
  const offsets = [...stderr.matchAll(/qcow2_cache_get co \S+ is_l2_cache 1 offset (\S+)/g)].map((match) =>
    Number(match[1]),
  );
  const distinct = [...new Set(offsets)].sort((left, right) => left - right);
  const steps = distinct.slice(1).map((offset, index) => offset - (distinct[index] ?? 0));
  return { placeCount: places.size, smallestStepBytes: Math.min(...steps) };
}

test.each([
  ['plain', 'l2-cache-size=16K'],
  ['plain', 'l2-cache-size=16K,l2-cache-entry-size=1K'],
  ['plain', 'l2-cache-size=10000,l2-cache-entry-size=512'],
  ['plain', 'l2-cache-size=1'],
  ['plain', 'l2-cache-size=0,cache-size=0'],
  ['plain', 'cache-size=40K'],
  ['plain', 'cache-size=40K,refcount-cache-size=20K'],
  ['plain', 'cache-size=40K,l2-cache-size=20K'],
  ['subclusters', 'l2-cache-size=10K'],
  ['subclusters', 'l2-cache-size=6K,l2-cache-entry-size=1K'],
])('the L2 cache of a %s image with %s has as many places as QEMU gives it', async (image, list) => {
  const more = image === 'plain' ? '' : ',cluster_size=16K,extended_l2=on';
  const [settings = {}] = parseSettingList('create', create + more, '-o');
  const [drive = {}] = parseSettingList('drive', list, '--drive');
  const geometry = geometryOf(diskBytes, settings);
  const sizes = computeCacheSizes(geometry, drive);
  const found = await twoAtATime(tools, (qemu) => observe(qemu, image, list));
  for (const { placeCount, smallestStepBytes } of found) {
    expect(placeCount).toBe(sizes.l2EntryCount);
    // Whole tables lie apart in the file, with data between them.
    if (sizes.l2EntryBytes < geometry.clusterBytes) expect(smallestStepBytes).toBe(sizes.l2EntryBytes);
    else expect(smallestStepBytes).toBeGreaterThan(sizes.l2EntryBytes);
  }
});
