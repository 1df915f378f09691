import { describe, expect, test } from 'vitest';
import { BareImage } from '../qcow2/bare-image.ts';
import { refusal } from './load-bare-image.ts';

describe('what is wrong is named with its place', () => {
  test.each<[string, (image: BareImage) => BareImage, string]>([
    ['magic', (image) => image.u32(0, 0x4b444d56), 'it is no qcow2 image: its first bytes are 4b444d56, not 514649fb'],
    ['version 1', (image) => image.u32(4, 1), 'it is of qcow version 1; qtune reads versions 2 and 3'],
    ['short file', (image) => image.cut(100), 'the file ends after 100 bytes, inside the header of 104'],
    ['cluster_bits 8', (image) => image.u32(20, 8), 'cluster_bits is 8 at byte 20; QEMU accepts 9 to 21'],
    [
      'cluster_bits 2^32−1',
      (image) => image.u32(20, 0xffffffff),
      'cluster_bits is 4294967295 at byte 20; QEMU accepts 9 to 21',
    ],
    [
      'header_length',
      (image) => image.u32(100, 103),
      'header_length is 103 at byte 100; it is at least 104 and at most one cluster, 4096',
    ],
    [
      'header_length',
      (image) => image.u32(100, 0xffffffff),
      'header_length is 4294967295 at byte 100; it is at least 104 and at most one cluster, 4096',
    ],
    [
      'backing offset',
      (image) => image.u64(8, 0x1001).u32(16, 1),
      "backing_file_offset is 0x1001 at byte 8; the name lies behind the header's 112 bytes and inside the first cluster of 4096",
    ],
    [
      'backing name',
      (image) => image.u64(8, 0xf00).u32(16, 257),
      'backing_file_size is 257 at byte 16; at most 256 bytes are allowed there',
    ],
    [
      'compression',
      (image) => image.bytes.fill(2, 104, 105) && image,
      'compression_type is 2 at byte 104; QEMU knows 0 (zlib) and 1 (zstd)',
    ],
    [
      'compression bit',
      (image) => image.u64(72, 8),
      'compression_type is 0 at byte 104, which contradicts incompatible feature bit 3 at byte 72',
    ],
    [
      'unknown feature',
      (image) => image.u64(72, 1n << 63n),
      'it needs features that qtune does not know: incompatible feature bit 63 at byte 72',
    ],
    [
      'named feature',
      (image) =>
        image
          .u64(72, 32)
          .extension(
            112,
            0x6803f857,
            Buffer.concat([Buffer.from([0, 5]), Buffer.from('tea\u001b[2J'.padEnd(46, '\0'))]),
          ),
      'it needs features that qtune does not know: incompatible feature bit 5 ("tea\\u001b[2J") at byte 72',
    ],
    [
      'corrupt bit',
      (image) => image.u64(72, 2),
      'it is marked as corrupt (incompatible feature bit 1 at byte 72): QEMU does not open it for writing',
    ],
    [
      'raw data',
      (image) => image.u64(88, 2),
      'autoclear feature bit 1 (raw external data) at byte 88 is set, but there is no data file',
    ],
    [
      'subclusters',
      (image) => image.u64(72, 16),
      'cluster_bits is 12 at byte 20; with extended L2 entries QEMU accepts 14 to 21',
    ],
    ['refcount_order', (image) => image.u32(96, 7), 'refcount_order is 7 at byte 96; QEMU accepts 0 to 6'],
    [
      'AES',
      (image) => image.u32(32, 1),
      'it is encrypted (crypt_method is 1 at byte 32, AES); qtune does not model that',
    ],
    [
      'LUKS',
      (image) => image.u32(32, 2),
      'it is encrypted (crypt_method is 2 at byte 32, LUKS); qtune does not model that',
    ],
    ['no refcounts', (image) => image.u32(56, 0), 'refcount_table_clusters is 0 at byte 56; it is at least 1'],
    [
      'refcount table',
      (image) => image.u32(56, 2049),
      'the refcount table (refcount_table_offset at byte 48, refcount_table_clusters at byte 56) takes 8392704 bytes; at most 8388608 are allowed',
    ],
    [
      'refcount table',
      (image) => image.u64(48, 0x1200),
      'the refcount table (refcount_table_offset at byte 48, refcount_table_clusters at byte 56) starts at 0x1200, which is no multiple of the cluster size 4096',
    ],
    [
      'refcount table',
      (image) => image.u64(48, 2n ** 63n),
      'refcount_table_offset at byte 48 is 0x8000000000000000; qtune reads images up to 2^53 bytes (8 PiB)',
    ],
    [
      'snapshots',
      (image) => image.u32(60, 65537),
      'the snapshot table (snapshots_offset at byte 64, nb_snapshots at byte 60) takes 2621480 bytes; at most 2621440 are allowed',
    ],
    [
      'snapshots',
      (image) => image.u32(60, 65536).u64(64, 0),
      'the snapshot table (snapshots_offset at byte 64, nb_snapshots at byte 60) takes 2621440 bytes from 0x0 on, but the file ends at 0x8000',
    ],
    [
      'l1_size',
      (image) => image.u32(36, 4194305),
      'the L1 table (l1_table_offset at byte 40, l1_size at byte 36) takes 33554440 bytes; at most 33554432 are allowed',
    ],
    [
      'l1_size',
      (image) => image.u32(36, 4194304),
      'the L1 table (l1_table_offset at byte 40, l1_size at byte 36) takes 33554432 bytes from 0x3000 on, but the file ends at 0x8000',
    ],
    ['l1_size', (image) => image.u32(36, 1), 'l1_size is 1 at byte 36; a disk of 4194304 bytes needs 2 entries'],
    [
      'size',
      (image) => image.u64(24, 2n ** 64n - 1n),
      'size at byte 24 is 0xffffffffffffffff; qtune reads images up to 2^53 bytes (8 PiB)',
    ],
    [
      'long extension',
      (image) => image.extension(112, 1, '').u32(116, 0xfffffff9),
      'the header extension at 0x70 (type 0x1) has 4294967289 bytes; there is room for 3976',
    ],
    [
      'long format',
      (image) => image.extension(112, 0xe2792aca, 'x'.repeat(16)),
      'the backing format at 0x70 has 16 bytes; at most 15 are allowed',
    ],
    [
      'bitmaps',
      (image) => image.u64(88, 1).extension(112, 0x23852875, Buffer.alloc(24)),
      'the bitmaps extension at 0x70 says 0 bitmaps; 1 to 65535 are allowed',
    ],
    [
      'refcount block',
      (image) => image.u64(0x1008, 0x2100 + 0x100),
      "the refcount table at 0x1000, entry 1: the refcount block's offset is 0x2200, which is no multiple of the cluster size 4096",
    ],
    [
      'refcount block',
      (image) => image.u64(0x1008, 0x9000),
      "the refcount table at 0x1000, entry 1: the refcount block's offset is 0x9000, but the file ends at 0x8000",
    ],
    [
      'refcount block',
      (image) => image.u64(0x1008, 0x9000, 0xff),
      "the refcount table at 0x1000, entry 1: the refcount block's offset is 0xff00000000009000, but the file ends at 0x8000",
    ],
    [
      'one block twice',
      (image) => image.u64(0x1008, 0x2000),
      'the refcount block at 0x2000 and the refcount block at 0x2000 lie in the same clusters',
    ],
    [
      'L2 unaligned',
      (image) => image.u64(0x3008, 0x4200),
      "the L1 table at 0x3000, entry 1: the L2 table's offset is 0x4200, which is no multiple of the cluster size 4096",
    ],
    [
      'L2 beyond',
      (image) => image.u64(0x3008, 0x8000),
      "the L1 table at 0x3000, entry 1: the L2 table's offset is 0x8000, but the file ends at 0x8000",
    ],
    [
      'L2 twice',
      (image) => image.u64(0x3008, 0x4000),
      'the L1 table at 0x3000, entries 0 and 1: both name the L2 table at 0x4000',
    ],
    [
      'L2 over L1',
      (image) => image.u64(0x3008, 0x3000),
      'the L1 table at 0x3000 and the L2 table at 0x3000 lie in the same clusters',
    ],
    [
      'L1 over header',
      (image) => image.u64(40, 0),
      /* reads the header as an L1 table */ 'the L1 table at 0x0, entry 0 (0x514649fb00000003): reserved bits are set',
    ],
    [
      'cluster unaligned',
      (image) => image.u64(0x4008, 0x5200),
      "the L2 table at 0x4000, entry 1 (0x5200): the cluster's offset 0x5200 is no multiple of 4096",
    ],
    [
      'far cluster',
      (image) => image.u64(0x4008, 2n ** 44n),
      "the L2 table at 0x4000, entry 1 (0x100000000000): qtune reads images of less than 2^32 clusters; the cluster's offset is 0x100000000000 in a file of 32768 bytes",
    ],
    [
      'zero in version 2',
      (image) => image.u32(4, 2).u64(0x4018, 1),
      'the L2 table at 0x4000, entry 3 (0x1): it reads as zeroes, which version 2 does not have',
    ],
    [
      'compressed beyond',
      (image) => image.u64(0x4018, 0x8000, 0x40),
      'the L2 table at 0x4000, entry 3 (0x4000000000008000): compressed data at 0x8000, but the file ends at 0x8000',
    ],
    [
      'cluster twice',
      (image) => image.u64(0x4018, 0x7000, 0x80),
      'the L2 table at 0x4000, entry 3 refers to cluster 7 at 0x7000: references so far 2, refcount 1',
    ],
    [
      'data over metadata',
      (image) => image.u64(0x4018, 0x3000, 0x80),
      'the L2 table at 0x4000, entry 3 refers to cluster 3 at 0x3000: references so far 2, refcount 1',
    ],
    [
      'not counted',
      (image) => image.u16(0x200c, 0),
      'the L2 table at 0x4000, entry 1 refers to cluster 6 at 0x6000: references so far 1, refcount 0',
    ],
    [
      'L2 not counted',
      (image) => image.u16(0x2008, 0),
      'the L2 table at 0x4000 refers to cluster 4 at 0x4000: references so far 1, refcount 0',
    ],
    [
      'COPIED of a shared cluster',
      (image) => image.u16(0x200c, 2),
      'the L2 table at 0x4000, entry 1: the cluster at 0x6000 is marked as used once, but its refcount is 2',
    ],
    [
      'COPIED of a shared table',
      (image) => image.u16(0x2008, 2),
      'the L1 table at 0x3000, entry 0: the L2 table at 0x4000 is marked as used once, but its refcount is 2',
    ],
    [
      'wide refcount',
      (image) => image.u32(96, 6).u64(0x2000, 65536),
      'the refcount block at 0x2000, entry 0: the refcount of cluster 0 is 65536; qtune takes at most 65535',
    ],
  ])('%s', (_name, change, message) => {
    expect(refusal(change(new BareImage()))).toBe(message);
  });

  test.each<[string, (image: BareImage) => BareImage, string]>([
    [
      'extra data',
      (image) => image.u32(0x8024, 1025),
      'entry 0 of the snapshot table at 0x8000 has 1025 bytes of extra data; 1024 are allowed',
    ],
    [
      'long name',
      (image) => image.u16(0x800e, 65535),
      'entry 0 of the snapshot table at 0x8000 ends at 0x18028, but the file at 0x9000',
    ],
    [
      'L1 beyond',
      (image) => image.u64(0x8000, 0x9000),
      'the L1 table of entry 0 of the snapshot table at 0x8000 takes 16 bytes from 0x9000 on, but the file ends at 0x9000',
    ],
    [
      'L1 too large',
      (image) => image.u32(0x8008, 0xffffffff),
      'the L1 table of entry 0 of the snapshot table at 0x8000 takes 34359738360 bytes; at most 33554432 are allowed',
    ],
    [
      'L1 of the active disk',
      (image) => image.u64(0x8000, 0x3000),
      'the L1 table at 0x3000 and the L1 table of a snapshot at 0x3000 lie in the same clusters',
    ],
    [
      '65,536 of them that are all zeroes',
      (image) => image.u32(60, 65536).grow(0x300000),
      'entry 1 of the snapshot table at 0x8000 has neither an id nor a name',
    ],
    [
      'nothing but a place',
      (image) => image.u16(0x800c, 0),
      'entry 0 of the snapshot table at 0x8000 has neither an id nor a name',
    ],
  ])('of a snapshot: %s', (_name, change, message) => {
    const image = new BareImage()
      .grow(0x9000)
      .u32(60, 1)
      .u64(64, 0x8000)
      .u16(0x2010, 1)
      .u64(0x8000, 0x7000)
      .u16(0x800c, 1)
      .u32(0x8008, 2);
    expect(refusal(change(image))).toBe(message);
  });
});
