import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { measureSnapshots } from '../../src/qcow2/measure.ts';
import { systemQemu } from '../helpers/qemu.ts';
import { run } from '../settings/qemu-oracle.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'qtune-snapshots-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test.each([
  [64 * 1024, 1024 ** 4, 3],
  [4096, 256 * 1024 ** 3, 5],
])(
  'snapshots of an empty image with clusters of %d take what is worked out',
  async (clusterBytes, diskBytes, count) => {
    const bin = systemQemu();
    if (bin === undefined) return;
    const image = join(directory, `${clusterBytes}.qcow2`);
    const qemuImg = async (...args: string[]): Promise<string> => {
      const output = await run(join(bin, 'qemu-img'), args);
      expect(output.stderr).toBe('');
      return output.stdout;
    };
    const end = async (): Promise<number> =>
      JSON.parse(await qemuImg('check', '--output', 'json', image))['image-end-offset'];
    await qemuImg('create', '-q', '-f', 'qcow2', '-o', `cluster_size=${clusterBytes}`, image, String(diskBytes));
    const before = await end();
    for (let index = 0; index < count; index++) await qemuImg('snapshot', '-c', `snapshot-number-${index}`, image);
    const options = { diskBytes, clusterBytes, extendedL2: false, refcountBits: 16, preallocation: 'off' } as const;
    const { l1Bytes, tableBytes } = measureSnapshots(options, count);
    // The snapshot table is written anew each time before the old one is freed: at most one more of it lies in the file, and refcounts of the new part.
    const grown = (await end()) - before;
    expect(grown).toBeGreaterThanOrEqual(l1Bytes + tableBytes);
    expect(grown).toBeLessThanOrEqual(l1Bytes + 2 * tableBytes + 3 * clusterBytes);
  },
);
