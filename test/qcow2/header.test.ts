import { expect, test } from 'vitest';
import { type ImageHeader, readHeader } from '../../src/qcow2/header.ts';
import { BareImage } from './bare-image.ts';
import { MemorySource } from './memory-source.ts';

const read = (image: BareImage): ImageHeader => readHeader(new MemorySource(image.bytes));

test('every field of a version 3 header is read from its place', () => {
  expect(read(new BareImage())).toEqual({
    version: 3,
    clusterBits: 12,
    clusterBytes: 4096,
    virtualBytes: 4194304,
    l1OffsetBytes: 0x3000,
    l1EntryCount: 2,
    refcountTableOffsetBytes: 0x1000,
    refcountTableClusters: 1,
    refcountBits: 16,
    snapshotTableOffsetBytes: 0,
    snapshotCount: 0,
    dirty: false,
    lazyRefcounts: false,
    extendedL2: false,
    externalData: false,
    dataFileRaw: false,
    bitmaps: false,
    compression: 'zlib',
    corrupt: false,
    encryption: 'none',
    unknownFeatures: [],
    extensions: {
      backingFormat: undefined,
      dataFileName: undefined,
      bitmapDirectory: undefined,
      encryptionHeader: undefined,
      unknownCount: 0,
    },
    backingName: '',
  });
});

test('version 2 has refcounts of 16 bits and no features, whatever stands behind its header', () => {
  const header = read(new BareImage().u32(4, 2).u64(72, 0).u64(80, 1).u64(88, 1).u32(96, 0));
  expect(header).toMatchObject({ version: 2, refcountBits: 16, lazyRefcounts: false, bitmaps: false });
});

test.each([0, 1, 2, 3, 4, 5, 6])('refcount_order %d', (order) => {
  expect(read(new BareImage().u32(96, order)).refcountBits).toBe(2 ** order);
});

test('feature bits have their names', () => {
  const image = new BareImage()
    .u64(72, 1 | 4 | 8)
    .u64(80, 1)
    .u64(88, 2);
  image.bytes[104] = 1;
  expect(read(image)).toMatchObject({
    ...{ dirty: true, externalData: true, compression: 'zstd', lazyRefcounts: true, dataFileRaw: true, bitmaps: false },
  });
  expect(read(new BareImage().u64(80, 0xfffffffffffffffen).u64(88, 0xfffffffffffffffcn))).toMatchObject({
    ...{ lazyRefcounts: false, dataFileRaw: false, bitmaps: false },
  });
});

test('header extensions are found one behind the other, each filled up to 8 bytes', () => {
  const directory = Buffer.alloc(24);
  directory.writeUInt32BE(3, 0);
  directory.writeBigUInt64BE(96n, 8);
  directory.writeBigUInt64BE(0x7000n, 16);
  const image = new BareImage()
    .u64(88, 1)
    .extension(112, 0xe2792aca, 'raw')
    .extension(128, 0x12345678, '123456789')
    .extension(152, 0x23852875, directory)
    .extension(184, 0x44415441, 'data file.raw\0 and what follows')
    .backing('base.raw');
  expect(read(image)).toMatchObject({
    backingName: 'base.raw',
    extensions: {
      backingFormat: 'raw',
      dataFileName: 'data file.raw',
      bitmapDirectory: { count: 3, offsetBytes: 0x7000, lengthBytes: 96 },
      unknownCount: 1,
    },
  });
});

test('bitmaps that a program without them may have outdated are no bitmaps', () => {
  const image = new BareImage().extension(112, 0x23852875, Buffer.alloc(24));
  expect(read(image).extensions.bitmapDirectory).toBeUndefined();
});

test('extensions end where the name of the backing file starts', () => {
  const image = new BareImage().extension(112, 1, 'x'.repeat(8)).backing('base', 128);
  expect(read(image)).toMatchObject({ backingName: 'base', extensions: { unknownCount: 1 } });
  expect(() => read(new BareImage().extension(112, 1, 'x'.repeat(9)).backing('base', 128))).toThrow(
    'the header extension at 0x70 (type 0x1) has 9 bytes; there is room for 8',
  );
});

test('reading a header takes its first cluster and no more', () => {
  const source = new MemorySource(new BareImage().bytes);
  readHeader(source);
  expect(source.readBytes).toBe(112 + 4096);
});
