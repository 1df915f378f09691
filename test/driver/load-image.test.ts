import { execFileSync } from 'node:child_process';
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMPRESSED } from '../../src/driver/l2-table.ts';
import { loadImage } from '../../src/driver/load-image.ts';
import { InputError, UsageError } from '../../src/errors.ts';
import { BareImage } from '../qcow2/bare-image.ts';
import { home, load, nextName, refusal } from './load-bare-image.ts';

test('a small image is loaded as it stands', () => {
  const { image, warnings } = load(new BareImage());
  expect(warnings).toEqual([]);
  expect(image).toMatchObject({ clusterBits: 12, version: 3, virtualBytes: 4194304, refcountBits: 16, snapshots: [] });
  expect([...image.l1]).toEqual([0x4000, 0]);
  expect([...image.l1Copied]).toEqual([1, 0]);
  expect([...image.refcountTable].slice(0, 2)).toEqual([0x2000, 0]);
  expect(image.refcountTable.length).toBe(512);
  const table = image.l2Tables.get(0x4000);
  expect([table?.linearBase, table?.linearCount]).toEqual([5, 3]);
  expect([7, 8].map((cluster) => image.refcounts.get(cluster))).toEqual([1, 0]);
  expect(image.file.lengthBytes).toBe(0x8000);
});

test('entries out of order stand on their own, and flags are taken over', () => {
  const image = new BareImage().u64(0x4000, 0x6000, 0x80).u64(0x4008, 0x5000).u64(0x4010, 0x7001, 0x80).u64(0x4020, 1);
  const table = load(image).image.l2Tables.get(0x4000);
  expect(table?.isLinear).toBe(false);
  expect([...(table?.clusters.subarray(0, 6) ?? [])]).toEqual([6, 5, 7, 0, 0, 0]);
  expect([...(table?.flags.subarray(0, 6) ?? [])]).toEqual([3, 1, 7, 0, 4, 0]);
});

test('a compressed entry tells its place and the sectors to read', () => {
  // Clusters of 4 KiB: bits 0 to 57 are the offset, 58 to 61 the sectors beyond the first.
  const image = new BareImage().u64(0x4010, 0x7123, 0x40 | (3 << 2));
  const table = load(image).image.l2Tables.get(0x4000);
  expect(table?.flags[2]).toBe(COMPRESSED);
  expect(table?.compressed?.get(2)).toEqual({ offsetBytes: 0x7123, lengthBytes: 4 * 512 - 0x123 });
});

test('a data cluster beyond the end of the file is legal', () => {
  const image = new BareImage().u64(0x4018, 0x20000, 0x80).u16(0x2000 + 2 * 0x20, 1);
  expect(load(image).image.l2Tables.get(0x4000)?.clusters[3]).toBe(0x20);
});

test('the rest of a last table may be missing', () => {
  const image = new BareImage().u64(40, 0x8000).u16(0x2010, 1).u16(0x2006, 0).grow(0x8010).u64(0x8000, 0x4000, 0x80);
  expect([...load(image).image.l1]).toEqual([0x4000, 0]);
});

test('a virtual size of no whole sector ends with the last whole one, as in QEMU', () => {
  expect(load(new BareImage().u64(24, 1000)).image.virtualBytes).toBe(512);
});

describe('files that the image names', () => {
  test('are not opened unless asked for', () => {
    expect(() => load(new BareImage().backing('base.raw'))).toThrow(UsageError);
    expect(() => load(new BareImage().backing('base.raw'))).toThrow(
      /names the backing file "base.raw"; a file that an image names/,
    );
    expect(() => load(new BareImage().u64(72, 4).extension(112, 0x44415441, 'd.raw'))).toThrow(/data file "d.raw"/);
  });

  test('are looked for beside the image', () => {
    new BareImage().save(join(home, 'sub', 'base.qcow2'));
    const overlay = new BareImage().backing('base.qcow2').extension(112, 0xe2792aca, 'qcow2');
    overlay.save(join(home, 'sub', 'top.qcow2'));
    const { image, warnings } = loadImage('sub/top.qcow2', { followBacking: true, cwd: home });
    expect(warnings).toEqual([]);
    expect(image.backing).toMatchObject({ format: 'qcow2', image: { virtualBytes: 4194304, backing: undefined } });
  });

  test('are opened in a guessed format with a warning where the image gives none', () => {
    writeFileSync(join(home, 'plain.raw'), Buffer.alloc(1000));
    const { image, warnings } = load(new BareImage().backing('plain.raw'), true);
    expect(image.backing).toMatchObject({ format: 'raw', virtualBytes: 1024, file: { lengthBytes: 1000 } });
    expect(warnings.map(({ code, message }) => [code, message.replace(/image-\d+/, 'image')])).toEqual([
      [
        'backing-format-guessed',
        'the image does not say which format its backing file image.qcow2 → "plain.raw" has; taken as raw',
      ],
    ]);
  });

  test.each(['nbd:localhost:1', 'json:{"driver":"file"}', 'file:base.raw', 'http://x/y', ':'])(
    'are refused where the name is no plain one: %s',
    (name) => {
      expect(() => load(new BareImage().backing(name), true)).toThrow(/which is no plain file name/);
    },
  );

  test('are refused in other formats', () => {
    writeFileSync(join(home, 'plain.raw'), Buffer.alloc(1000));
    const image = new BareImage().backing('plain.raw').extension(112, 0xe2792aca, 'vmdk');
    expect(() => load(image, true)).toThrow(/its backing file has the format "vmdk"; qtune models qcow2 and raw/);
  });

  test('that are missing, pipes or the image itself are refused', () => {
    expect(() => load(new BareImage().backing('nothing'), true)).toThrow(/"nothing": there is no such file/);
    execFileSync('mkfifo', [join(home, 'pipe')]);
    expect(() => load(new BareImage().backing('pipe'), true)).toThrow(InputError);
    const name = nextName();
    symlinkSync(join(home, name), join(home, 'again'));
    expect(() => load(new BareImage().backing('again'), true)).toThrow(/"again": this file is already in the chain/);
    expect(() => load(new BareImage().backing('/dev/zero'), true)).toThrow(/it is no regular file/);
    expect(() => load(new BareImage().u64(72, 4).u64(0x3000, 0), true)).toThrow(
      /keeps its data in another file .* but names none/,
    );
  });

  test('control characters of names do not reach the message', () => {
    expect(() => load(new BareImage().backing('\u001b[2J\u202e\u0085'), false)).toThrow('"\\u001b[2J\\u202e\\u0085"');
  });

  test('a chain of 200 is read, a longer one refused', () => {
    writeFileSync(join(home, 'link-0'), Buffer.alloc(512));
    for (let index = 1; index <= 202; index++) {
      const format = index === 1 ? 'raw' : 'qcow2';
      const image = new BareImage().backing(`link-${index - 1}`).extension(112, 0xe2792aca, format);
      image.save(join(home, `link-${index}`));
    }
    expect(loadImage('link-200', { followBacking: true, cwd: home }).warnings).toEqual([]);
    expect(() => loadImage('link-202', { followBacking: true, cwd: home })).toThrow(/chain is longer than 200 files/);
  });
});

test('missing files, directories, pipes and devices are refused without waiting', () => {
  const open = (name: string) => () => loadImage(name, { followBacking: false, cwd: home });
  expect(open('not-there')).toThrow(InputError);
  expect(open('.')).toThrow(/it is a directory, not an image/);
  expect(open('/dev/null')).toThrow(/it is no regular file, not an image/);
  execFileSync('mkfifo', [join(home, 'fifo')]);
  expect(open('fifo')).toThrow(/it is no regular file, not an image/);
});

test('a dirty image is loaded with a warning, as long as its refcounts hold', () => {
  expect(load(new BareImage().u64(72, 1)).warnings.map(({ code }) => code)).toEqual(['image-dirty']);
  expect(refusal(new BareImage().u64(72, 1).u16(0x200c, 0))).toMatch(
    /^it was not closed cleanly .* its refcounts are out of date: the L2 table at 0x4000, entry 1 refers to/,
  );
});

describe('what a file claims costs nothing', () => {
  test.each<[string, (image: BareImage) => BareImage, number, RegExp | undefined]>([
    ['32 MiB of L1 in a hole', (image) => image.u32(36, 4194304).u64(40, 2 ** 40), 2 ** 41, /refcount 0/],
    [
      'a million refcount blocks in holes',
      (image) => {
        image
          .grow(0x9000 + 8 * 1024 ** 2)
          .u64(48, 0x9000)
          .u32(56, 2048);
        for (let index = 0; index < 1048576; index++) image.u64(0x9000 + 8 * index, 2 ** 32 + index * 65536);
        return image;
      },
      2 ** 38,
      /its tables claim far more than the \d+ bytes that the file takes on disk/,
    ],
  ])('%s', (_name, change, length, message) => {
    const path = change(new BareImage()).save(join(home, 'sparse.qcow2'));
    truncateSync(path, length);
    const before = process.memoryUsage().rss;
    expect(() => loadImage(path, { followBacking: false })).toThrow(message);
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  });
});
