import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LoadedImage, loadImage } from '../../src/driver/load-image.ts';

/** Images of other projects, which are not part of this one: read where they lie beside it. */
const samples = process.env.QTUNE_TEST_IMAGES ?? join(import.meta.dirname, '..', '..', '..', 'shared', 'images');
let home = '';
// Where all tests are skipped, none of these hooks runs.
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'qtune-samples-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** What loads: virtual bytes, cluster bits, L2 tables, compressed clusters. */
const sound: readonly (readonly [file: string, expected: readonly number[]])[] = [
  ['cdi/fs-overhead.qcow2', [858993664, 16, 0, 0]],
  ['vasi/test.qcow2', [1048576000, 16, 1, 0]],
  ['dissect/backing-chain-3.qcow2.gz', [536870912, 16, 1, 0]],
  ['dissect/backing-chain-2.qcow2.gz', [536870912, 16, 1, 0]],
  ['dissect/backing-chain-1.qcow2.gz', [536870912, 16, 1, 0]],
  ['dissect/basic.qcow2.gz', [536870912, 16, 1, 4064]],
  ['dissect/basic-zstd.qcow2.gz', [536870912, 16, 1, 4064]],
  ['qemu/bios-tables-test.aarch64.iso.qcow2', [425984, 9, 2, 40]],
  ['qemu/bios-tables-test.arm.iso.qcow2', [425984, 9, 2, 38]],
  ['qemu/bios-tables-test.i386.iso.qcow2', [425984, 9, 2, 42]],
  ['qemu/bios-tables-test.riscv64.iso.qcow2', [425984, 9, 2, 58]],
  ['qemu/bios-tables-test.x86_64.iso.qcow2', [425984, 9, 2, 45]],
];

/** What does not, and why. */
const refused: readonly (readonly [file: string, message: RegExp])[] = [
  ['cdi/invalid-qcow-large-size.img', /it is of qcow version 1; qtune reads versions 2 and 3$/],
  ['cdi/invalid-qcow-large-memory.img', /it is no qcow2 image: its first bytes are 4b444d56/],
  ['cdi/invalid-qcow-backing-file.img', /it is no qcow2 image: its first bytes are 4b444d56/],
  ['cdi/cirros-snapshot1.qcow2', /→ "cirros.raw": there is no such file$/],
  ['dissect/data-file.qcow2.gz', /→ "data-file.bin": there is no such file$/],
  ['qemu/afl5.img.bz2', /it is no qcow2 image/],
  ['qemu/afl9.vmdk.bz2', /it is no qcow2 image/],
  ['qemu/empty.bochs.bz2', /it is no qcow2 image/],
  ['libqcow/file_header.1', /the refcount table .* takes 65536 bytes from 0x10000 on, but the file ends at 0x200$/],
  ['binwalk/qcow.bin', /the refcount table .* takes 65536 bytes from 0x10000 on, but the file ends at 0x200$/],
];

function unpack(file: string): string {
  const bytes = readFileSync(join(samples, file));
  const name = basename(file).replace(/\.(gz|bz2)$/, '');
  if (file.endsWith('.gz')) writeFileSync(join(home, name), gunzipSync(bytes, { maxOutputLength: 2 ** 24 }));
  else if (file.endsWith('.bz2')) writeFileSync(join(home, name), execFileSync('bzip2', ['-dc'], { input: bytes }));
  else writeFileSync(join(home, name), bytes);
  return name;
}

const load = (file: string): LoadedImage => loadImage(unpack(file), { followBacking: true, cwd: home });

describe.skipIf(!existsSync(samples))('images of other projects', () => {
  beforeAll(() => {
    for (const index of [2, 3]) unpack(`dissect/backing-chain-${index}.qcow2.gz`);
  });

  test.each(sound)('%s is loaded', (file, expected) => {
    const { image, warnings } = load(file);
    const compressed = [...image.l2Tables.values()].reduce((sum, table) => sum + (table.compressed?.size ?? 0), 0);
    expect([image.virtualBytes, image.clusterBits, image.l2Tables.size, compressed]).toEqual(expected);
    expect(warnings).toEqual([]);
  });

  test('a chain of three is three deep', () => {
    const { backing } = load('dissect/backing-chain-1.qcow2.gz').image;
    expect(backing).toMatchObject({ image: { backing: { image: { backing: undefined } } } });
  });

  test.each(refused)('%s is refused', (file, message) => {
    expect(() => load(file)).toThrow(message);
  });
});
