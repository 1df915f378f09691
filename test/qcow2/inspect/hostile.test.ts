import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ImageFormatError } from '../../../src/errors.ts';
import { readBareHeader } from '../../../src/qcow2/inspect/bare-header.ts';
import { ClusterCounts } from '../../../src/qcow2/inspect/cluster-counts.ts';
import { ExtentCounter } from '../../../src/qcow2/inspect/extent-counter.ts';
import { BareImage } from '../bare-image.ts';
import { MemorySource } from '../memory-source.ts';
import { censusOf, censusOfFile } from './run-inspection.ts';

let home = '';
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'qtune-hostile-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const kindsOf = (image: BareImage): readonly string[] =>
  censusOf(new MemorySource(image.bytes)).damage.map(({ kind, count }) => `${kind} ${count}`);

test('a sound image has no damage', () => {
  const census = censusOf(new MemorySource(new BareImage().bytes));
  expect(census).toMatchObject({ allocated: 3, l2TableCount: 1, dataExtentCount: 1, usedClusterCount: 8, damage: [] });
  expect(census.longestExtentBytes).toBe(3 * 4096);
});

test.each<[string, (image: BareImage) => BareImage, readonly string[]]>([
  ['two guest clusters in one place', (image) => image.u64(0x4018, 0x5000, 0x80), ['refcount-too-low 1']],
  [
    'a cluster that the refcounts say is free',
    (image) => image.u16(0x2000 + 2 * 6, 0),
    ['copied-flag 1', 'refcount-too-low 1'],
  ],
  ['a cluster that nobody uses', (image) => image.u64(0x4010, 0), ['leak 1']],
  ['an offset inside a cluster', (image) => image.u64(0x4010, 0x7200, 0x80), ['l2-entry 1', 'leak 1']],
  ['an offset behind the end', (image) => image.u64(0x4018, 0xff000, 0x80), ['l2-entry 1']],
  ['reserved bits', (image) => image.u64(0x4018, 0x5000, 0x90), ['l2-entry 1']],
  ['an L1 entry behind the end', (image) => image.u64(0x3008, 0x8_0000, 0x80), ['l1-entry 1']],
  [
    'an L1 entry that names the refcount table',
    (image) => image.u64(0x3008, 0x1000, 0x80),
    ['copied-flag 1', 'refcount-too-low 2'],
  ],
  ['a refcount block behind the end', (image) => image.u64(0x1008, 0x8_0000), ['refcount-entry 1']],
  ['a data cluster that is a table', (image) => image.u64(0x4018, 0x3000, 0x80), ['refcount-too-low 1']],
  ['a place without the mark that it is used once', (image) => image.u64(0x4010, 0x7000), ['copied-flag 1']],
  ['a snapshot table that is nonsense', (image) => image.u32(60, 1).u64(64, 0x7000), ['snapshot-table 1']],
])('%s is told', (_, damage, expected) => {
  expect(kindsOf(damage(new BareImage()))).toEqual(expected);
});

test('an image that was not closed cleanly is not compared with its refcounts', () => {
  const image = new BareImage().u64(72, 1).u16(0x2000 + 2 * 6, 0);
  const census = censusOf(new MemorySource(image.bytes));
  expect(census).toMatchObject({ damage: [], referencesChecked: false, allocated: 3 });
});

test('a corrupt bit, encryption and features of the future are described', () => {
  const read = (image: BareImage) => censusOf(new MemorySource(image.bytes)).header;
  expect(read(new BareImage().u64(72, 2)).corrupt).toBe(true);
  expect(read(new BareImage().u64(72, 1024)).unknownFeatures).toEqual(['10']);
  expect(read(new BareImage().u32(32, 1)).encryption).toBe('AES');
});

test('where the header is damaged its fields are told one by one', () => {
  const image = new BareImage().u64(48, 0x7000_0000);
  expect(() => censusOf(new MemorySource(image.bytes))).toThrow(ImageFormatError);
  expect(readBareHeader(new MemorySource(image.bytes))).toEqual({
    isQcow2: true,
    version: 3,
    clusterBytes: 4096,
    virtualBytes: 4 * 1024 ** 2,
    refcountBits: 16,
    extendedL2: false,
    snapshotCount: 0,
  });
  expect(
    readBareHeader(new MemorySource(new BareImage().u32(20, 63).u64(24, -1n & (2n ** 64n - 1n)).bytes)),
  ).toMatchObject({
    clusterBytes: undefined,
    virtualBytes: undefined,
  });
  expect(readBareHeader(new MemorySource(Buffer.from('text'))).isQcow2).toBe(false);
});

test('bytes changed anywhere give a census or an error with a place, and read no more than twice the file', () => {
  const change = fc.record({
    at: fc.oneof(fc.nat(120), fc.nat(0x8000 - 8), fc.integer({ min: 0x3000, max: 0x4100 })),
    value: fc.oneof(
      fc.constantFrom(0n, 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    ),
  });
  fc.assert(
    fc.property(
      fc.array(change, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 0, max: 0x8000 }),
      (changes, cut) => {
        const image = new BareImage();
        for (const { at, value } of changes) image.bytes.writeBigUInt64BE(value, at);
        const source = new MemorySource(cut % 4 === 0 ? image.bytes.subarray(0, cut) : image.bytes);
        try {
          const census = censusOf(source);
          expect(census.allocated).toBeLessThanOrEqual(512 * 1024);
        } catch (error) {
          expect(error).toBeInstanceOf(ImageFormatError);
        }
        // A 2 MiB cluster size in a header makes the first cluster that long.
        expect(source.readBytes).toBeLessThan(64 * 1024 ** 2);
      },
    ),
    { numRuns: 2000 },
  );
});

test('a sparse image of petabytes that claims every table there can be ends early', () => {
  const path = join(home, 'claims.qcow2');
  const image = new BareImage()
    .u32(20, 21)
    .u64(24, 2n ** 52n)
    .u32(36, 4_194_304)
    .u64(40, 2 ** 21)
    .u64(48, 2 ** 26);
  image.u32(56, 4);
  const descriptor = openSync(path, 'w');
  writeSync(descriptor, image.bytes);
  // L1 entries that all lead somewhere into the hole.
  const entries = Buffer.alloc(2 ** 20);
  for (let at = 0; at < entries.length; at += 8) entries.writeBigUInt64BE(BigInt(2 ** 31 + (at / 8) * 2 ** 21), at);
  writeSync(descriptor, entries, 0, entries.length, 2 ** 21);
  ftruncateSync(descriptor, 2 ** 43);
  closeSync(descriptor);
  expect(() => censusOfFile(path)).toThrow('its tables claim far more than');
});

test('counts stay within their budget, and say so', () => {
  const counts = new ClusterCounts(2 * 4096);
  counts.fill(4090, 10, 300);
  expect([counts.get(4089), counts.get(4090), counts.get(4099), counts.get(4100)]).toEqual([0, 255, 255, 0]);
  counts.add(5);
  counts.add(5, 300);
  expect(counts.get(5)).toBe(255);
  expect(counts.isComplete).toBe(true);
  counts.add(1e12);
  expect([counts.isComplete, counts.get(1e12)]).toEqual([false, 0]);
});

test('pieces of data end where an offset jumps, and at the end of the disk', () => {
  const extents = new ExtentCounter(1000);
  extents.add(0, 5000, 100);
  extents.add(100, 5100, 100);
  extents.add(200, 9000, 100);
  extents.add(300, -1, 100);
  extents.add(400, -1, 100);
  extents.add(600, -1, 100);
  extents.add(950, 100, 100);
  extents.add(1050, 200, 100);
  expect([extents.count, extents.longestBytes]).toEqual([5, 200]);
});
